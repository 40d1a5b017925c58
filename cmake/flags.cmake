# Compiler flags of our own code, and ccache where it is installed.
add_compile_options(-Wall -Wextra -Wno-psabi)
add_compile_definitions(CLEAVE_VERSION="${PROJECT_VERSION}")
if(CLEAVE_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12 in coroutine frames and inlined std::string; the last one wherever
  # files are compiled together and a lambda meets a template of a header.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer
                      -Wno-subobject-linkage)
endif()
if(CLEAVE_SANITIZE)
  add_compile_options(-fsanitize=${CLEAVE_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${CLEAVE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Another of GCC 12's false positives: Asio's coroutine frames, half inlined.
    add_compile_options(-Wno-mismatched-new-delete)
  endif()
  if(CLEAVE_SANITIZE MATCHES "thread")
    # Asio's fences, which ThreadSanitizer does not see; the locks beside them order the same.
    add_compile_options(-Wno-tsan)
  endif()
  if(CLEAVE_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      # Clang 14 cannot emit this check's data in front of a coroutine's resume function.
      add_compile_options(-fno-sanitize=function)
    endif()
  endif()
endif()

find_program(CLEAVE_CCACHE ccache)
if(CLEAVE_CCACHE)
  # Precompiled headers need these two relaxations. What another clone has compiled is found, too.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${CLEAVE_CCACHE})
endif()
