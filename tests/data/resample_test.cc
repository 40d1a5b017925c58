// Resizing against Pillow's own results, and what holds for every filter.
#include "common/data/resample.h"

#include <gtest/gtest.h>

#include <string>

namespace cleave {
namespace {

struct Case {
  Resampling resampling;
  ImageSize to;
  const char* expected;
};

// Made with Pillow 13: Image.fromarray(a).resize((w, h), resample=...).
constexpr Case kCases[] = {
    {Resampling::kNearest, {3, 4}, "8df155b95df58d252df9c591"},
    {Resampling::kNearest,
     {8, 11},
     "00254a4a6f94b9dede03285b8dbfbff123558787b9ebb6f5343473b2f130306fae115da9a9f5418dd9d92571115da"
     "9a9f5418dd9d925716cc51e1e77d0298282db34c72d9393f95fc52b2b91f7229508087bee61d4d447ba"},
    {Resampling::kLanczos, {3, 4}, "668c8d818497867f608e8c94"},
    {Resampling::kLanczos,
     {8, 11},
     "0016374f709ab2f37c00263d5a93e0cc294292a1a8cdb5f99a519593d05643c0d552898496b76ecac54837950e6a7"
     "d8cc37b36aac5543ca1b15c43a7b96830a0d160b64e42c5df6cbc7639a6ff12894a049cf567b6a052bd"},
    {Resampling::kBilinear, {3, 4}, "6b8a8b837a94897c6d8e8996"},
    {Resampling::kBilinear,
     {8, 11},
     "001b39577694b2d17a0d284a6c93babc385f8697a4c69ac495759685b6766696c1598c8990ae72ac9e6e598c39747"
     "a8ab2806795966c5688926864a2ad686291ad71a85d609fcf7aa87064a0ec2276483290ee7baa9466ba"},
    {Resampling::kBicubic, {3, 4}, "678b8c828094897c678e8997"},
    {Resampling::kBicubic,
     {8, 11},
     "001636537397b5e67c0023466799d2cf2b4e869fafd3aae3955e9390cb6551a3cc528d8892b86fbdaf60438f23717"
     "a8dbe7c51a3a9614790a4614fa1b75d4c9bc362b84d52b3e26ebb684da3fe1884451a91f26db49958bd"},
    {Resampling::kBox, {3, 4}, "44869d748d8389766b908aa3"},
    {Resampling::kBox,
     {8, 11},
     "00254a4a6f94b9dede03285b8dbfbff123558787b9ebb6f5343473b2f130306fae115da9a9f5418dd9d92571115da"
     "9a9f5418dd9d925716cc51e1e77d0298282db34c72d9393f95fc52b2b91f7229508087bee61d4d447ba"},
    {Resampling::kHamming, {3, 4}, "61938a8277988e706e968a9b"},
    // Shrunk along columns by more than twice as much as along rows: columns go first.
    {Resampling::kLanczos, {3, 8}, "4f778e8980a86492759885a67f867e80745c63c18b7b85ae"},
    {Resampling::kBilinear, {3, 8}, "557c888c84957391658e889e868e787e78686cad937c83b0"},
    {Resampling::kBicubic, {3, 8}, "4f798c8b829e6b936b9781a3848a7a7c756267b8907a83b3"},
    {Resampling::kHamming, {3, 8}, "45738a907d9a6e9852957ca2879769747b6664b0957b7dc5"},
    {Resampling::kHamming,
     {8, 11},
     "00213b527094b8d68707285884a7c5e527577f9ab7e4a9e18654859ed95e547fb74c8d878ec369aea1784687327a7"
     "c88c57469a999655b79aa62428bc0436a9ac44fc13f69a4f064be505698f5228a40217fee66bb9c52ba"},
};

TEST(Resample, EveryFilterGivesPillowsBytes) {
  std::vector<std::uint8_t> plane;
  for (int y = 0; y < 7; ++y) {
    for (int x = 0; x < 9; ++x) {
      plane.push_back(static_cast<std::uint8_t>((x * 37 + y * 91 + x * y * 13) % 256));
    }
  }
  for (const Case& c : kCases) {
    std::string hex;
    for (const std::uint8_t byte : resample(plane, {7, 9}, c.to, c.resampling)) {
      constexpr char kDigits[] = "0123456789abcdef";
      hex += {kDigits[byte >> 4], kDigits[byte & 15]};
    }
    EXPECT_EQ(hex, c.expected) << static_cast<int>(c.resampling) << " to " << c.to.width;
  }
}

TEST(Resample, AConstantStaysConstant) {
  const std::vector<std::uint8_t> plane(5 * 7, 100);
  for (int filter = 0; filter < 6; ++filter) {
    for (const ImageSize to : {ImageSize{1, 1}, {2, 3}, {5, 7}, {16, 33}}) {
      const auto out = resample(plane, {5, 7}, to, static_cast<Resampling>(filter));
      const auto size = static_cast<std::size_t>(to.height * to.width);
      EXPECT_EQ(out, std::vector<std::uint8_t>(size, 100));
    }
  }
}

}  // namespace
}  // namespace cleave
