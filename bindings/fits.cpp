#include "fits/fits_image.h"

#include "arguments.h"
#include "job.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

/// {key, value, comment, integer}
fits::Card card(const Napi::Object& object) {
  const Napi::Value value = object.Get("value");
  fits::Card result{text(object, "key"), std::string(), text(object, "comment")};
  if (value.IsString())
    result.value = value.As<Napi::String>().Utf8Value();
  else if (value.IsBoolean())
    result.value = value.As<Napi::Boolean>().Value();
  else if (boolean(object, "integer"))
    result.value = static_cast<std::int64_t>(number(object, "value"));
  else
    result.value = number(object, "value");
  return result;
}

Napi::Value wrap_value(Napi::Env env, const fits::Card& card) {
  if (const auto* value = std::get_if<std::string>(&card.value)) return Napi::String::New(env, *value);
  if (const auto* value = std::get_if<double>(&card.value)) return Napi::Number::New(env, *value);
  if (const auto* value = std::get_if<bool>(&card.value)) return Napi::Boolean::New(env, *value);
  return Napi::Number::New(env, static_cast<double>(std::get<std::int64_t>(card.value)));
}

Napi::Value wrap_image(Napi::Env env, fits::ImageFile&& image) {
  Napi::Array cards = Napi::Array::New(env, image.cards.size());
  for (std::size_t i = 0; i < image.cards.size(); ++i) {
    Napi::Object item = Napi::Object::New(env);
    item.Set("key", image.cards[i].key);
    item.Set("value", wrap_value(env, image.cards[i]));
    item.Set("comment", image.cards[i].comment);
    item.Set("integer", std::holds_alternative<std::int64_t>(image.cards[i].value));
    cards[static_cast<std::uint32_t>(i)] = item;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("pixels", wrap(env, std::move(image.pixels)));
  result.Set("cards", cards);
  result.Set("history", wrap(env, image.history));
  return result;
}

Napi::Value write(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto path = text(options, "path");
  const auto pixels = array<float, 2>(options, "pixels");
  std::vector<fits::Card> cards;
  for (const Napi::Object& item : objects(options, "cards")) cards.push_back(card(item));
  const auto history = texts(options, "history");
  const bool overwrite = boolean(options, "overwrite");
  return start_job(
      info,
      [=](const JobContext&) {
        fits::write_image(path, pixels, cards, history, overwrite);
        return Nothing{};
      },
      wrap_nothing);
}

Napi::Value read(const Napi::CallbackInfo& info) {
  const auto path = text(info[0].As<Napi::Object>(), "path");
  return start_job(
      info, [=](const JobContext&) { return fits::read_image(path); }, wrap_image);
}

}  // namespace

void add_fits(Napi::Object exports) {
  add<write>(exports, "writeFitsImage");
  add<read>(exports, "readFitsImage");
}

}  // namespace contimg::bindings
