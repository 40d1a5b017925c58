// preprocessor_config.json: what is honoured, what is harmless, and what is refused by name.
#include "common/data/image_settings.h"

#include <gtest/gtest.h>

#include "common/base/files.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using testing::refusal;
using testing::TemporaryFolder;

ImageSettings parse(const std::string& text, std::int64_t size = 224, std::int64_t channels = 3) {
  return parse_image_settings(text, "p.json", channels, size);
}

std::string why_refused(const std::string& text, std::int64_t size = 224) {
  return refusal([&] { parse(text, size); });
}

TEST(ImageSettings, WithoutAFileTheyAreVits) {
  const TemporaryFolder folder;
  const ImageSettings settings = load_image_settings(folder.path(), 3, 32);
  EXPECT_EQ(settings.spec.resized, (ImageSize{32, 32}));
  EXPECT_EQ(settings.spec.resampling, Resampling::kBilinear);
  EXPECT_EQ(settings.mean, std::vector<double>(3, 0.5));
  write_atomically(folder / "processor_config.json", "{}");
  EXPECT_NE(refusal([&] { load_image_settings(folder.path(), 3, 32); }).find("processor_config"),
            std::string::npos);
}

TEST(ImageSettings, WhatTheFileLeavesOutIsTheProcessorsDefault) {
  const ImageSettings vit = parse("{}");
  EXPECT_EQ(vit.spec.resized, (ImageSize{224, 224}));
  EXPECT_EQ(vit.spec.crop, ImageSize{});
  EXPECT_EQ(vit.spec.resampling, Resampling::kBilinear);
  const ImageSettings deit = parse(R"({"feature_extractor_type": "DeiTFeatureExtractor"})");
  EXPECT_EQ(deit.spec.resized, (ImageSize{256, 256}));
  EXPECT_EQ(deit.spec.crop, (ImageSize{224, 224}));
  EXPECT_EQ(deit.spec.resampling, Resampling::kBicubic);
  const ImageSettings bit = parse(R"({"image_processor_type": "BitImageProcessorFast"})");
  EXPECT_EQ(bit.spec.shortest_edge, 224);
  EXPECT_EQ(bit.mean[0], 0.48145466);
}

TEST(ImageSettings, SizesHaveAllTheirForms) {
  EXPECT_EQ(parse(R"({"size": 32})", 32).spec.resized, (ImageSize{32, 32}));
  EXPECT_EQ(parse(R"({"size": [32, 32]})", 32).spec.resized, (ImageSize{32, 32}));
  EXPECT_EQ(
      parse(R"({"size": {"height": 32, "width": 32, "shortest_edge": null}})", 32).spec.resized,
      (ImageSize{32, 32}));
  EXPECT_EQ(parse(R"({"size": {"shortest_edge": 32}})", 32).spec.shortest_edge, 32);
  EXPECT_EQ(parse(R"({"size": 32, "default_to_square": false})", 32).spec.shortest_edge, 32);
  const ImageSpec cropped =
      parse(R"({"size": [40, 50], "do_center_crop": true, "crop_size": 32})", 32).spec;
  EXPECT_EQ(cropped.resized, (ImageSize{40, 50}));
  EXPECT_EQ(cropped.crop, (ImageSize{32, 32}));
  EXPECT_EQ(parse(R"({"size": 32, "crop_size": 9})", 32).spec.crop, ImageSize{})
      << "a crop_size without do_center_crop does nothing";
  for (const char* size : {R"({"shortest_edge": 32, "longest_edge": 64})",
                           R"({"longest_edge": 64})", R"({"height": 32})", "[32]", "0", "1e3",
                           "\"32\"", "9000", R"({"max_height": 32, "max_width": 32})"}) {
    const std::string why = why_refused(std::string(R"({"size": )") + size + "}", 32);
    EXPECT_NE(why.find("p.json: "), std::string::npos) << size;
    EXPECT_NE(why.find("size"), std::string::npos) << why;
  }
}

TEST(ImageSettings, PixelsOfAnotherSizeThanTheModelsAreRefused) {
  EXPECT_NE(why_refused("{}", 384).find("size is 224x224, but the model takes 384x384"),
            std::string::npos);
  EXPECT_NE(why_refused(R"({"size": 256, "do_center_crop": true, "crop_size": 240})")
                .find("crop_size is 240x240"),
            std::string::npos);
  EXPECT_NE(why_refused(R"({"size": {"shortest_edge": 256}})").find("shortest_edge is 256"),
            std::string::npos);
  EXPECT_EQ(parse(R"({"do_resize": false})", 384).spec.resize, false);
}

TEST(ImageSettings, NumbersAreRescaledAndThenNormalised) {
  const auto value = [](const std::string& text) { return pixel_values(parse(text))[0][200]; };
  EXPECT_FLOAT_EQ(value("{}"), (200 / 255.0f - 0.5f) / 0.5f);
  EXPECT_FLOAT_EQ(value(R"({"do_rescale": false})"), (200 - 0.5f) / 0.5f);
  EXPECT_FLOAT_EQ(value(R"({"do_normalize": false})"), 200 / 255.0f);
  EXPECT_FLOAT_EQ(value(R"({"do_normalize": false, "do_rescale": false})"), 200);
  EXPECT_FLOAT_EQ(value(R"({"rescale_factor": 0.01, "image_mean": 0.25, "image_std": 2})"),
                  (2 - 0.25f) / 2);
  EXPECT_FLOAT_EQ(value(R"({"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]})"),
                  (200 / 255.0f - 0.1f) / 0.4f);
  EXPECT_NE(why_refused(R"({"image_std": 0})").find("finite"), std::string::npos);
  EXPECT_NE(why_refused(R"({"image_std": [0.5, 0.5]})").find("image_std"), std::string::npos);
  EXPECT_EQ(parse(R"({"image_mean": [0.1, 0.1, 0.1]})", 224, 1).mean, std::vector<double>{0.1});
  EXPECT_NE(refusal([] { parse(R"({"image_mean": [0.1, 0.2, 0.3]})", 224, 1); }).find("image_mean"),
            std::string::npos);
}

TEST(ImageSettings, KeysThatChangePixelsInOtherWaysAreRefusedByName) {
  for (const char* text :
       {R"({"do_pad": true})", R"({"do_flip_channel_order": true})", R"({"crop_pct": 0.9})",
        R"({"image_processor_type": "SiglipImageProcessor"})",
        R"({"data_format": "channels_last"})", R"({"resample": 6})", R"({"resample": "bilinear"})",
        R"({"rescale_offset": true})", R"({"do_resize": 1})",
        R"({"auto_map": {"AutoImageProcessor": "x.Y"}})"}) {
    const std::string key = std::string(text).substr(2, std::string(text).find("\":") - 2);
    EXPECT_NE(why_refused(text).find(key), std::string::npos) << text;
  }
  EXPECT_EQ(why_refused(R"({"do_convert_rgb": true, "do_pad": null, "data_format":
            "channels_first", "processor_class": null, "_valid_processor_keys": ["images"]})"),
            "");
}

TEST(ImageSettings, ATransparentColourIsWhiteWhereTheyConvert) {
  EXPECT_FALSE(parse("{}").spec.clear_is_white);
  EXPECT_TRUE(parse(R"({"do_convert_rgb": true})").spec.clear_is_white);
  EXPECT_TRUE(parse(R"({"image_processor_type": "CLIPImageProcessor"})").spec.clear_is_white);
  EXPECT_FALSE(parse(R"({"image_processor_type": "CLIPImageProcessor", "do_convert_rgb": false})")
                   .spec.clear_is_white);
}

TEST(ImageSettings, EveryDifferenceOfPixelsIsALineOfTheHash) {
  const auto base = image_lines(parse("{}"));
  for (const char* text :
       {R"({"resample": 3})", R"({"size": {"shortest_edge": 224}})", R"({"do_resize": false})",
        R"({"do_center_crop": true})", R"({"do_rescale": false})", R"({"image_mean": 0})",
        R"({"image_std": 1})"}) {
    EXPECT_NE(image_lines(parse(text)), base) << text;
  }
  EXPECT_EQ(image_lines(parse(R"({"do_convert_rgb": true, "size": 224})")), base);
}

}  // namespace
}  // namespace cleave
