# Run at every build: writes revision.cc only when the revision has changed.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty=+ --abbrev=12 --exclude=*
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                RESULT_VARIABLE failed)
if(failed)
  set(revision unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT
"#include \"common/base/revision.h\"

namespace cleave {

const char* const kRevision = \"@revision@\";

}  // namespace cleave
" @ONLY)
