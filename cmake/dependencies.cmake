# Everything is found on the system (scripts/install-dependencies), nothing is fetched.
#
# Protobuf before Torch: a LibTorch from PyPI carries other Protobuf headers in its include folder.
find_package(Protobuf 3.21 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(Threads REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(ZLIB REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc)
find_path(NLOHMANN_JSON_INCLUDE nlohmann/json.hpp REQUIRED)

if(NOT CLEAVE_FUZZ)
  # By hand: Debian ships OpenCV's CMake package only with all of its modules.
  find_path(OPENCV_INCLUDE opencv2/imgcodecs.hpp PATH_SUFFIXES opencv4 REQUIRED)
  add_library(cleave_opencv INTERFACE)
  target_include_directories(cleave_opencv SYSTEM INTERFACE ${OPENCV_INCLUDE})
  foreach(module core imgcodecs)
    find_library(OPENCV_${module} opencv_${module} REQUIRED)
    target_link_libraries(cleave_opencv INTERFACE ${OPENCV_${module}})
  endforeach()
endif()
if(CLEAVE_WITH_TORCH AND NOT CLEAVE_FUZZ)
  if(CLEAVE_TORCH)
    list(PREPEND CMAKE_PREFIX_PATH ${CLEAVE_TORCH})
  endif()
  find_package(Torch REQUIRED)
  # The BLAS that Debian's LibTorch uses, by the name that needs no -dev package. A LibTorch from PyPI
  # brings its own, which comes first on the link line.
  find_library(CLEAVE_BLAS NAMES libblas.so.3 blas REQUIRED)
endif()
