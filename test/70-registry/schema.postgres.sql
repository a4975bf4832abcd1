CREATE FUNCTION refuse_to_change_history() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin raise exception 'the history is append-only'; end $$;
CREATE TABLE calibration_sets (
    id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    reason text COLLATE pg_catalog."C",
    source_group_id text COLLATE pg_catalog."C",
    valid_from_mjd_sec double precision NOT NULL,
    valid_to_mjd_sec double precision NOT NULL,
    metadata text NOT NULL COLLATE pg_catalog."C",
    created_at text NOT NULL COLLATE pg_catalog."C",
    updated_at text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT calibration_sets_check CHECK ((valid_from_mjd_sec <= valid_to_mjd_sec)),
    CONSTRAINT calibration_sets_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text, 'failed'::text])))
);
CREATE TABLE calibration_tables (
    set_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    path text NOT NULL COLLATE pg_catalog."C",
    term text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE events (
    id bigint NOT NULL,
    at text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    subject_id text NOT NULL COLLATE pg_catalog."C",
    from_state text COLLATE pg_catalog."C",
    to_state text NOT NULL COLLATE pg_catalog."C",
    message text COLLATE pg_catalog."C",
    CONSTRAINT events_subject_check CHECK ((subject = ANY (ARRAY['product'::text, 'group'::text, 'mosaic_group'::text, 'calibration_set'::text])))
);
ALTER TABLE events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE group_files (
    group_id text NOT NULL COLLATE pg_catalog."C",
    path text NOT NULL COLLATE pg_catalog."C",
    subband integer NOT NULL,
    size_bytes bigint
);
CREATE TABLE groups (
    id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    reason text COLLATE pg_catalog."C",
    created_at text NOT NULL COLLATE pg_catalog."C",
    updated_at text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT groups_state_check CHECK ((state = ANY (ARRAY['incomplete'::text, 'pending'::text, 'imaged'::text, 'failed'::text])))
);
CREATE TABLE mosaic_group_members (
    mosaic_group_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    group_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE mosaic_groups (
    id text NOT NULL COLLATE pg_catalog."C",
    options text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    reason text COLLATE pg_catalog."C",
    created_at text NOT NULL COLLATE pg_catalog."C",
    updated_at text NOT NULL COLLATE pg_catalog."C",
    name text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    member_list text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT mosaic_groups_state_check CHECK ((state = ANY (ARRAY['formed'::text, 'published'::text, 'failed'::text])))
);
CREATE TABLE product_files (
    product_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    path text NOT NULL COLLATE pg_catalog."C",
    size_bytes bigint NOT NULL,
    sha256 text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE product_parents (
    child_id text NOT NULL COLLATE pg_catalog."C",
    parent_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE products (
    id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    group_id text COLLATE pg_catalog."C",
    path text NOT NULL COLLATE pg_catalog."C",
    recipe text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    validation text NOT NULL COLLATE pg_catalog."C",
    metadata text NOT NULL COLLATE pg_catalog."C",
    publish_attempts integer DEFAULT 0 NOT NULL,
    publish_error text COLLATE pg_catalog."C",
    published_at text COLLATE pg_catalog."C",
    created_at text NOT NULL COLLATE pg_catalog."C",
    updated_at text NOT NULL COLLATE pg_catalog."C",
    finalized integer NOT NULL,
    qa text NOT NULL COLLATE pg_catalog."C",
    next_attempt_at text COLLATE pg_catalog."C",
    claim_owner text COLLATE pg_catalog."C",
    claim_token text COLLATE pg_catalog."C",
    lease_expires_at text COLLATE pg_catalog."C",
    CONSTRAINT products_check CHECK (((state = 'publishing'::text) = (claim_token IS NOT NULL))),
    CONSTRAINT products_finalized_check CHECK ((finalized = ANY (ARRAY[0, 1]))),
    CONSTRAINT products_kind_check CHECK ((kind = ANY (ARRAY['ms'::text, 'tile'::text, 'mosaic'::text]))),
    CONSTRAINT products_qa_check CHECK ((qa = ANY (ARRAY['pending'::text, 'passed'::text, 'failed'::text]))),
    CONSTRAINT products_state_check CHECK ((state = ANY (ARRAY['staged'::text, 'publishing'::text, 'published'::text, 'failed'::text, 'removed'::text]))),
    CONSTRAINT products_validation_check CHECK ((validation = ANY (ARRAY['pending'::text, 'passed'::text, 'failed'::text])))
);
CREATE TABLE schema_migrations (
    id integer NOT NULL,
    name text NOT NULL,
    applied_at text NOT NULL
);
ALTER TABLE ONLY calibration_sets
    ADD CONSTRAINT calibration_sets_pkey PRIMARY KEY (id);
ALTER TABLE ONLY calibration_tables
    ADD CONSTRAINT calibration_tables_path_key UNIQUE (path);
ALTER TABLE ONLY calibration_tables
    ADD CONSTRAINT calibration_tables_pkey PRIMARY KEY (set_id, "position");
ALTER TABLE ONLY events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY group_files
    ADD CONSTRAINT group_files_pkey PRIMARY KEY (group_id, path);
ALTER TABLE ONLY groups
    ADD CONSTRAINT groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY mosaic_group_members
    ADD CONSTRAINT mosaic_group_members_mosaic_group_id_group_id_key UNIQUE (mosaic_group_id, group_id);
ALTER TABLE ONLY mosaic_group_members
    ADD CONSTRAINT mosaic_group_members_pkey PRIMARY KEY (mosaic_group_id, "position");
ALTER TABLE ONLY mosaic_groups
    ADD CONSTRAINT mosaic_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY product_files
    ADD CONSTRAINT product_files_pkey PRIMARY KEY (product_id, "position");
ALTER TABLE ONLY product_files
    ADD CONSTRAINT product_files_product_id_path_key UNIQUE (product_id, path);
ALTER TABLE ONLY product_parents
    ADD CONSTRAINT product_parents_pkey PRIMARY KEY (child_id, parent_id);
ALTER TABLE ONLY products
    ADD CONSTRAINT products_path_key UNIQUE (path);
ALTER TABLE ONLY products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);
ALTER TABLE ONLY schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (id);
CREATE INDEX calibration_sets_by_time ON calibration_sets USING btree (valid_from_mjd_sec, valid_to_mjd_sec);
CREATE INDEX events_by_subject ON events USING btree (subject, subject_id);
CREATE INDEX mosaic_group_members_by_group ON mosaic_group_members USING btree (group_id);
CREATE UNIQUE INDEX mosaic_groups_by_members ON mosaic_groups USING btree (options, member_list);
CREATE UNIQUE INDEX mosaic_groups_by_name ON mosaic_groups USING btree (name);
CREATE INDEX product_parents_by_parent ON product_parents USING btree (parent_id);
CREATE INDEX products_by_state ON products USING btree (state, kind);
CREATE INDEX products_staged ON products USING btree (created_at, id) WHERE (state = 'staged'::text);
CREATE TRIGGER events_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();
ALTER TABLE ONLY calibration_sets
    ADD CONSTRAINT calibration_sets_source_group_id_fkey FOREIGN KEY (source_group_id) REFERENCES groups(id);
ALTER TABLE ONLY calibration_tables
    ADD CONSTRAINT calibration_tables_set_id_fkey FOREIGN KEY (set_id) REFERENCES calibration_sets(id);
ALTER TABLE ONLY group_files
    ADD CONSTRAINT group_files_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id);
ALTER TABLE ONLY mosaic_group_members
    ADD CONSTRAINT mosaic_group_members_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id);
ALTER TABLE ONLY mosaic_group_members
    ADD CONSTRAINT mosaic_group_members_mosaic_group_id_fkey FOREIGN KEY (mosaic_group_id) REFERENCES mosaic_groups(id);
ALTER TABLE ONLY product_files
    ADD CONSTRAINT product_files_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id);
ALTER TABLE ONLY product_parents
    ADD CONSTRAINT product_parents_child_id_fkey FOREIGN KEY (child_id) REFERENCES products(id);
ALTER TABLE ONLY product_parents
    ADD CONSTRAINT product_parents_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES products(id);
ALTER TABLE ONLY products
    ADD CONSTRAINT products_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id);
