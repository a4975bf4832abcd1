#include "fits/fits_image.h"

#include "arguments.h"
#include "fits_arguments.h"
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

Napi::Array wrap_cards(Napi::Env env, const std::vector<fits::Card>& cards) {
  Napi::Array result = Napi::Array::New(env, cards.size());
  for (std::size_t i = 0; i < cards.size(); ++i) {
    Napi::Object item = Napi::Object::New(env);
    item.Set("key", cards[i].key);
    item.Set("value", wrap_value(env, cards[i]));
    item.Set("comment", cards[i].comment);
    item.Set("integer", std::holds_alternative<std::int64_t>(cards[i].value));
    result[static_cast<std::uint32_t>(i)] = item;
  }
  return result;
}

Napi::Value wrap_image(Napi::Env env, fits::ImageFile&& image) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("pixels", wrap(env, std::move(image.pixels)));
  result.Set("cards", wrap_cards(env, image.cards));
  result.Set("history", wrap(env, image.history));
  return result;
}

Napi::Value wrap_header(Napi::Env env, fits::OpenImage&& image) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("nx", static_cast<double>(image.axes[0]));
  result.Set("ny", static_cast<double>(image.axes[1]));
  result.Set("cards", wrap_cards(env, image.cards));
  result.Set("history", wrap(env, image.history));
  return result;
}

Napi::Value write(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto pixels = array<float, 2>(options, "pixels");
  const FitsTarget target = fits_target(options);
  return start_job(
      info,
      [=](const JobContext&) {
        fits::write_image(target.path, pixels, target.cards, target.history, target.overwrite);
        return Nothing{};
      },
      wrap_nothing);
}

Napi::Value read(const Napi::CallbackInfo& info) {
  const auto path = text(info[0].As<Napi::Object>(), "path");
  return start_job(
      info, [=](const JobContext&) { return fits::read_image(path); }, wrap_image);
}

Napi::Value read_into(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto path = text(options, "path");
  const auto pixels = mutable_array<float, 2>(options, "pixels");
  return start_job(
      info,
      [=](const JobContext&) {
        fits::OpenImage image = fits::open_image(path);
        const std::size_t nx = image.pixels->nx(), ny = image.pixels->ny();
        if (pixels.shape() != NdView<float, 2>::Shape{ny, nx})
          throw Error(code::kInvalidArgument, "Expected pixels of the shape of the image in " + path, path);
        image.pixels->read({0, nx, 0, ny}, pixels.data(), nx);
        return image;
      },
      wrap_header);
}

Napi::Value read_header(const Napi::CallbackInfo& info) {
  const auto path = text(info[0].As<Napi::Object>(), "path");
  return start_job(
      info, [=](const JobContext&) { return fits::open_image(path); }, wrap_header);
}

}  // namespace

FitsTarget fits_target(const Napi::Object& object) {
  FitsTarget target{text(object, "path"), {}, texts(object, "history"), boolean(object, "overwrite")};
  for (const Napi::Object& item : objects(object, "cards")) target.cards.push_back(card(item));
  return target;
}

void add_fits(Napi::Object exports) {
  add<write>(exports, "writeFitsImage");
  add<read>(exports, "readFitsImage");
  add<read_into>(exports, "readFitsInto");
  add<read_header>(exports, "readFitsHeader");
}

}  // namespace contimg::bindings
