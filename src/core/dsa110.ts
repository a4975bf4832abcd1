/** What DSA-110 is. Each figure stands here and nowhere else; sources: docs/dsa110.md. */
export const dsa110 = Object.freeze({
  nSubbands: 16,
  /** Fewest subbands of a group that are worth imaging. */
  minSubbands: 14,
  nChannelsPerSubband: 48,
  channelWidthHz: 244140.625,
  /** Center of channel 0 of subband 0; both orders descend from here. */
  topChannelHz: 1498.6431884765625e6,
  integrationSec: 12.884902000427246,
  nIntegrations: 24,
  /** Allocated pads, and those with a dish in use. */
  nPads: 117,
  nActiveAntennas: 96,
  dishDiameterMeters: 4.65,
  /** Tee center of the array: the location in the file headers. */
  site: Object.freeze({ longitudeDeg: -118.283, latitudeDeg: 37.233405, heightMeters: 1188.0519 }),
  /** System equivalent flux density of one antenna and polarization, and the correlator's efficiency. */
  sefdJy: 5800,
  systemEfficiency: 0.7,
  telescopeName: 'OVRO_MMA',
});
