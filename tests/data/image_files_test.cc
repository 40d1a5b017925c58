// Image files: exact pixels, and files that lie about themselves.
#include "common/data/image_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <opencv2/imgcodecs.hpp>

#include "common/base/files.h"
#include "common/data/picture_bytes.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using testing::refusal;
using testing::TemporaryFolder;
using Pixels = std::vector<std::uint8_t>;

std::string cifar_record(char label, char red, char green, char blue) {
  return label + std::string(1024, red) + std::string(1024, green) + std::string(1024, blue);
}

std::string big_endian(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
  return out;
}

std::string idx_images(std::uint32_t count, std::uint32_t height, std::uint32_t width,
                       const std::string& pixels) {
  return big_endian(0x803) + big_endian(count) + big_endian(height) + big_endian(width) + pixels;
}

std::string idx_labels(std::uint32_t count, const std::string& labels) {
  return big_endian(0x801) + big_endian(count) + labels;
}

struct IdxFolder {
  TemporaryFolder folder;
  fs::path images = folder / "train-images-idx3-ubyte";
  fs::path labels = folder / "train-labels-idx1-ubyte";
  void write(const std::string& image_bytes, const std::string& label_bytes) const {
    write_atomically(images, image_bytes);
    write_atomically(labels, label_bytes);
  }
  std::string why_refused() const {
    return refusal([&] { read_idx(images, {1, 2}); });
  }
};

void write_gzip(const fs::path& path, const std::string& content) {
  const gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, content.data(), static_cast<unsigned>(content.size())),
            static_cast<int>(content.size()));
  ASSERT_EQ(gzclose(file), Z_OK);
}

// A colour picture in the plain form that every decoder reads.
std::string ppm(int width, int height, const std::string& rgb) {
  return "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n" + rgb;
}

TEST(Cifar, RecordsAreALabelAndThreePlanes) {
  const TemporaryFolder folder;
  std::string content = cifar_record(3, 1, 2, 3) + cifar_record(9, 4, 5, 6);
  content[1 + 33] = 77;           // red of row 1, column 1
  content[1 + 2048 + 1023] = 88;  // blue of the last pixel
  write_atomically(folder / "a.bin", content);
  const auto rows = read_cifar10(folder / "a.bin", {3, 32});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].number, 3);
  EXPECT_EQ(rows[1].number, 9);
  EXPECT_NE(rows[1].where.find("record 1"), std::string::npos);
  Pixels expected(3072, 1);
  std::fill(expected.begin() + 1024, expected.begin() + 2048, 2);
  std::fill(expected.begin() + 2048, expected.end(), 3);
  expected[33] = 77;
  expected[3071] = 88;
  EXPECT_EQ(rows[0].pixels, expected);
}

TEST(Cifar, AFileThatIsNoWholeNumberOfRecordsIsRefused) {
  const TemporaryFolder folder;
  for (const std::size_t size : {0, 1, 3072, 3074, 6145}) {
    write_atomically(folder / "a.bin", std::string(size, 1));
    const std::string why = refusal([&] { read_cifar10(folder / "a.bin", {3, 32}); });
    EXPECT_NE(why.find(std::to_string(size) + " bytes"), std::string::npos) << why;
  }
  EXPECT_THROW(read_cifar10(folder / "missing.bin", {3, 32}), IoError);
}

TEST(Idx, ImagesAndLabelsGoTogetherPlainOrGzipped) {
  IdxFolder idx;
  const std::string images = idx_images(2, 2, 2, "abcdefgh");
  const std::string labels = idx_labels(2, std::string("\x05\x00", 2));
  idx.write(images, labels);
  write_gzip(idx.folder / "z-images-idx3-ubyte.gz", images);
  write_gzip(idx.folder / "z-labels-idx1-ubyte.gz", labels);
  for (const fs::path& path : {idx.images, idx.folder / "z-images-idx3-ubyte.gz"}) {
    const auto rows = read_idx(path, {1, 2});
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].pixels, (Pixels{'a', 'b', 'c', 'd'}));
    EXPECT_EQ(rows[1].pixels, (Pixels{'e', 'f', 'g', 'h'}));
    EXPECT_EQ(rows[0].number, 5);
    EXPECT_EQ(rows[1].number, 0);
  }
}

TEST(Idx, CountsThatDifferAreRefusedWithBoth) {
  IdxFolder idx;
  idx.write(idx_images(2, 2, 2, "abcdefgh"), idx_labels(3, "abc"));
  const std::string why = idx.why_refused();
  EXPECT_NE(why.find("has 2 images"), std::string::npos) << why;
  EXPECT_NE(why.find("has 3 labels"), std::string::npos) << why;
}

TEST(Idx, AWrongMagicNumberIsRefused) {
  IdxFolder idx;
  idx.write(big_endian(0x802) + std::string(16, 'a'), idx_labels(1, "a"));
  EXPECT_NE(idx.why_refused().find("is not an idx file of 3 dimensions"), std::string::npos);
  idx.write(idx_images(1, 2, 2, "abcd"), idx_images(1, 1, 1, "a"));
  EXPECT_NE(idx.why_refused().find("is not an idx file of 1 dimensions"), std::string::npos);
  idx.write("", idx_labels(1, "a"));
  EXPECT_NE(idx.why_refused().find("is not an idx file"), std::string::npos);
}

TEST(Idx, AHeaderThatDoesNotMatchTheFileIsRefused) {
  IdxFolder idx;
  for (const std::string& images :
       {idx_images(2, 2, 2, "abcdefg"), idx_images(2, 2, 2, "abcdefghi"),
        idx_images(0xffffffff, 0xffffffff, 0xffffffff, "a"),
        idx_images(0x10000, 0x10000, 0x10000, ""), big_endian(0x803) + big_endian(2)}) {
    idx.write(images, idx_labels(2, "ab"));
    EXPECT_NE(idx.why_refused(), "");
  }
  idx.write(idx_images(2, 2, 2, "abcdefgh"), idx_labels(2, "a"));
  EXPECT_NE(idx.why_refused().find("does not match"), std::string::npos);
}

TEST(Idx, NoImagesAndImagesWithoutPixelsAreRefused) {
  IdxFolder idx;
  idx.write(idx_images(0, 2, 2, ""), idx_labels(0, ""));
  EXPECT_NE(idx.why_refused(), "");
  for (const auto& [height, width] : {std::pair{0u, 0u}, {0u, 2u}, {2u, 0u}, {0u, 0xffffffffu}}) {
    idx.write(idx_images(2, height, width, ""), idx_labels(2, "ab"));
    EXPECT_NE(idx.why_refused(), "") << height << " x " << width;
  }
}

TEST(Idx, ATruncatedOrBrokenArchiveIsRefused) {
  const TemporaryFolder folder;
  const fs::path images = folder / "images-idx3.gz";
  std::string pixels;
  for (int i = 0; i < 4000; ++i) pixels += static_cast<char>(i * 7 % 251);
  write_gzip(images, idx_images(1000, 2, 2, pixels));
  write_gzip(folder / "labels-idx1.gz", idx_labels(1000, std::string(1000, '\1')));
  const std::string whole = read_file(images, 1 << 20);
  EXPECT_EQ(read_idx(images, {1, 2}).size(), 1000u);
  write_atomically(images, whole.substr(0, whole.size() / 2));
  EXPECT_NE(refusal([&] { read_idx(images, {1, 2}); }).find("truncated"), std::string::npos);
  std::string broken = whole;
  for (std::size_t i = 20; i < 60; ++i) broken[i] = static_cast<char>(~broken[i]);
  write_atomically(images, broken);
  EXPECT_NE(refusal([&] { read_idx(images, {1, 2}); }), "");
}

TEST(Idx, MissingLabelsAreNamed) {
  IdxFolder idx;
  write_atomically(idx.images, idx_images(1, 1, 1, "a"));
  EXPECT_NE(refusal<IoError>([&] {
              read_idx(idx.images, {1, 1});
            }).find("train-labels-idx1"),
            std::string::npos);
  write_atomically(idx.folder / "data-idx3-ubyte", idx_images(1, 1, 1, "a"));
  EXPECT_NE(refusal([&] {
              read_idx(idx.folder / "data-idx3-ubyte", {1, 1});
            }).find("images-idx3"),
            std::string::npos);
}

TEST(ImageFolder, ASubFolderIsAClassAndFilesAreSorted) {
  const TemporaryFolder folder;
  make_folder(folder / "cat");
  make_folder(folder / "dog");
  write_atomically(folder / "dog" / "b.ppm", ppm(1, 1, "\x01\x02\x03"));
  write_atomically(folder / "cat" / "2.PPM", ppm(1, 1, "\x04\x05\x06"));
  write_atomically(folder / "cat" / "1.ppm", ppm(1, 1, "\x07\x08\x09"));
  write_atomically(folder / "readme.md", "no class");
  make_folder(folder / "__MACOSX");
  write_atomically(folder / "__MACOSX" / "1.ppm", "left over");
  write_atomically(folder / "cat" / ".DS_Store", "left over");
  write_atomically(folder / "cat" / "._1.ppm", "left over");
  const auto rows = read_image_folder(folder.path(), {3, 1});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].pixels, (Pixels{7, 8, 9})) << "red, green, blue in this order";
  EXPECT_EQ(rows[1].pixels, (Pixels{4, 5, 6}));
  EXPECT_EQ(rows[2].pixels, (Pixels{1, 2, 3}));
  EXPECT_EQ(rows[0].label, "cat");
  EXPECT_EQ(rows[2].label, "dog");
}

TEST(ImageFolder, WhatIsNotReadIsNamed) {
  const TemporaryFolder folder;
  const auto why = [&] { return refusal([&] { read_image_folder(folder.path(), {3, 1}); }); };
  make_folder(folder / "cat");
  write_atomically(folder / "cat" / "1.ppm", ppm(1, 1, "abc"));
  write_atomically(folder / "cat" / "2.tiff", "a picture of a kind that is not read");
  EXPECT_NE(why().find("2.tiff is not read"), std::string::npos) << why();
  fs::remove(folder / "cat" / "2.tiff");
  make_folder(folder / "cat" / "more");
  EXPECT_NE(why().find("more is a folder in the folder of a class"), std::string::npos) << why();
  fs::remove(folder / "cat" / "more");
  write_atomically(folder / "3.ppm", ppm(1, 1, "abc"));
  EXPECT_NE(why().find("3.ppm has no class"), std::string::npos) << why();
  fs::remove(folder / "3.ppm");
  EXPECT_EQ(read_image_folder(folder.path(), {3, 1}).size(), 1u);
  ASSERT_EQ(::mkfifo((folder / "cat" / "4.ppm").c_str(), 0600), 0);
  EXPECT_NE(refusal<IoError>([&] {
              read_image_folder(folder.path(), {3, 1});
            }).find("is a pipe"),
            std::string::npos);
}

TEST(ImageFolder, WithoutPicturesItIsRefused) {
  const TemporaryFolder folder;
  make_folder(folder / "cat");
  EXPECT_NE(refusal([&] {
              read_image_folder(folder.path(), {3, 1});
            }).find("one sub-folder per"),
            std::string::npos);
  EXPECT_THROW(read_image_folder(folder / "missing", {3, 1}), IoError);
}

TEST(Picture, WhatCannotBeDecodedIsNamed) {
  const TemporaryFolder folder;
  for (const std::string& broken :
       {std::string(), std::string("no picture"), ppm(70'000, 70'000, "abc"), ppm(0, 0, ""),
        ppm(-1, 5, "abc"), std::string("\x89PNG\r\n\x1a\n"),
        std::string("P6 2000000000 2 255\n")}) {
    write_atomically(folder / "x.ppm", broken);
    EXPECT_NE(refusal([&] {
                read_picture(folder / "x.ppm", {3, 2});
              }).find("x.ppm"),
              std::string::npos)
        << broken.substr(0, 30);
  }
}

// A picture of noise in a format of the decoder's.
std::string encoded(const std::string& extension) {
  cv::Mat image(40, 50, CV_8UC3);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < image.total() * 3; ++i) {
    image.data[i] = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  }
  std::vector<std::uint8_t> bytes;
  cv::imencode(extension, image, bytes);
  return {bytes.begin(), bytes.end()};
}

TEST(Picture, ATruncatedOneIsRefusedWhereverItEnds) {
  const TemporaryFolder folder;
  for (const std::string extension : {".png", ".jpg", ".bmp", ".ppm", ".webp"}) {
    const std::string whole = encoded(extension);
    const fs::path path = folder / ("x" + extension);
    write_atomically(path, whole);
    EXPECT_EQ(read_picture(path, {3, 8}).size(), 192u) << extension;
    for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 97) {
      write_atomically(path, whole.substr(0, size));
      EXPECT_NE(refusal([&] { read_picture(path, {3, 8}); }), "") << extension << " at " << size;
    }
    write_atomically(path, whole.substr(0, whole.size() - 1));
    EXPECT_NE(refusal([&] { read_picture(path, {3, 8}); }), "") << extension << " without its end";
    write_atomically(path, whole.substr(0, whole.size() / 2) +
                               std::string(whole.size() - whole.size() / 2, '\0'));
    if (extension == ".png" || extension == ".jpg") {
      EXPECT_NE(refusal([&] { read_picture(path, {3, 8}); }), "") << extension << " of zeros";
    }
  }
}

TEST(Picture, GreyWithSixteenBitsIsRefused) {
  const TemporaryFolder folder;
  std::vector<std::uint8_t> bytes;
  cv::imencode(".png", cv::Mat(4, 4, CV_16UC1, cv::Scalar(1000)), bytes);
  write_atomically(folder / "x.png", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  EXPECT_NE(refusal([&] {
              read_picture(folder / "x.png", {3, 4});
            }).find("16 bits"),
            std::string::npos);
}

std::string chunk(const std::string& type, const std::string& data) {
  std::string out = {0, 0, 0, static_cast<char>(data.size())};
  return out + type + data + std::string(4, 'c');
}

std::string png(char colours, const std::string& transparency) {
  const std::string header = std::string("\0\0\0\2\0\0\0\2\x8", 9) + colours + std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("tRNS", transparency) +
         chunk("IEND", "");
}

TEST(Picture, ATransparentColourIsRefusedWhereItWouldBecomeWhite) {
  const auto said = [](const std::string& bytes, bool white = true) {
    return refusal([&] { check_picture(bytes, "p.png", white); });
  };
  EXPECT_NE(said(png(2, std::string(6, '\0'))).find("p.png has a transparent colour"),
            std::string::npos);
  EXPECT_NE(said(png(3, std::string("\xff\xff\0\xff", 4))).find("do_convert_rgb"),
            std::string::npos);
  EXPECT_EQ(said(png(3, std::string("\xff\0\0\xff", 4))), "") << "Pillow drops several";
  EXPECT_EQ(said(png(3, "\xff\x80")), "") << "and half of one";
  EXPECT_EQ(said(png(2, std::string(6, '\0')), false), "");
}

// Little-endian or big-endian: one entry, the orientation.
std::string turned_webp(bool little, char orientation, const std::string& start) {
  const std::string block = little ? std::string("II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0", 18) +
                                         orientation + std::string(3, '\0')
                                   : std::string("MM\0*\0\0\0\x8\0\1\1\x12\0\3\0\0\0\1\0", 19) +
                                         orientation + std::string(2, '\0');
  const std::string exif = start + block;
  return "RIFF....WEBP" + std::string("VP8X\3\0\0\0abc\0", 12) + "EXIF" +
         std::string({static_cast<char>(exif.size()), 0, 0, 0}) + exif;
}

TEST(Picture, AWebPThatItsExifTurnsIsRefused) {
  for (const bool little : {true, false}) {
    for (const std::string& start : {std::string(), std::string("Exif\0\0", 6)}) {
      for (char orientation = 0; orientation < 10; ++orientation) {
        const std::string why =
            refusal([&] { check_picture(turned_webp(little, orientation, start), "p.webp"); });
        EXPECT_EQ(why.empty(), orientation < 2 || orientation > 8) << why;
        const std::string whole = turned_webp(little, orientation, start);
        for (std::size_t size = 0; size < whole.size(); ++size) {
          refusal([&] { check_picture(whole.substr(0, size), "p.webp"); });
        }
      }
    }
  }
}

TEST(Picture, ThatBreaksOffInItsFirstBytesIsNoWebP) {
  for (const char* bytes :
       {"RIFF", "RIFFWEBP", "RIFF....WEB", "RIFF....WEBP", "RIFF....WEBPEXIF"}) {
    EXPECT_EQ(refusal([&] { check_picture(bytes, "p.webp"); }), "");
  }
}

TEST(FitImage, EqualSizeIsACopyInPlanes) {
  const Pixels interleaved = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  EXPECT_EQ(fit_image(interleaved.data(), 2, 2, 3, {3, 2}),
            (Pixels{1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12}));
}

TEST(FitImage, AConstantStaysConstantAtEverySizeAndColour) {
  for (const int channels : {1, 3}) {
    const Pixels grey(static_cast<std::size_t>(5 * 7 * channels), 100);
    for (const int size : {1, 2, 5, 16}) {
      for (const int wanted : {1, 3}) {
        const Pixels out = fit_image(grey.data(), 5, 7, channels, {wanted, size});
        EXPECT_EQ(out, Pixels(static_cast<std::size_t>(wanted * size * size), 100));
      }
    }
  }
}

TEST(FitImage, AShortestEdgeKeepsTheShapeAndACropTakesTheMiddle) {
  ImageSpec spec{1, 2};
  spec.shortest_edge = 2;
  const Pixels wide = {10, 10, 20, 20, 30, 30, 10, 10, 20, 20, 30, 30};  // 2 x 6
  EXPECT_NE(refusal([&] { fit_image(wide.data(), 2, 6, 1, spec); }).find("becomes 6x2 pixels"),
            std::string::npos);
  spec.crop = {2, 2};
  EXPECT_EQ(fit_image(wide.data(), 2, 6, 1, spec), (Pixels{20, 20, 20, 20}));
  const Pixels tall = {10, 10, 20, 20, 30, 30};  // 6 x 1 becomes 12 x 2
  EXPECT_EQ(fit_image(tall.data(), 6, 1, 1, spec), (Pixels{20, 20, 20, 20}));
  const Pixels line(9000, 1);
  spec.shortest_edge = 224;
  EXPECT_NE(refusal([&] {
              fit_image(line.data(), 9000, 1, 1, spec, "x.png");
            }).find("x.png is too narrow"),
            std::string::npos);
}

TEST(FitImage, ACropThatIsLargerIsFilledUpWithZeros) {
  ImageSpec spec{1, 4};
  spec.resize = false;
  spec.crop = {4, 4};
  // Of an odd difference, the larger half stands in front.
  EXPECT_EQ(fit_image(Pixels{1, 2, 3}.data(), 1, 3, 1, spec),
            (Pixels{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0}));
  EXPECT_EQ(fit_image(Pixels{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}.data(), 2, 6, 1, spec),
            (Pixels{0, 0, 0, 0, 2, 3, 4, 5, 8, 9, 10, 11, 0, 0, 0, 0}));
}

TEST(FitImage, GreyIsMadeOfColourAsPillowMakesIt) {
  const Pixels colours = {255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3};
  EXPECT_EQ(fit_image(colours.data(), 2, 2, 3, {1, 2}), (Pixels{76, 150, 29, 2}));
}

TEST(FitImage, HalvingAveragesFourPixels) {
  const Pixels four = {0, 10, 20, 30};
  EXPECT_EQ(fit_image(four.data(), 2, 2, 1, {1, 1}), Pixels{15});
}

}  // namespace
}  // namespace cleave
