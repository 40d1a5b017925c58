# `cmake --install`: the programs, what `cleave quickstart` reads, and the documents.
include(GNUInstallDirs)
install(TARGETS cleave cleave-server cleave-client)
install(DIRECTORY assets/ DESTINATION ${CMAKE_INSTALL_DATADIR}/cleave OPTIONAL)
install(DIRECTORY docs/ TYPE DOC)
install(FILES README.md CHANGELOG.md LICENSE TYPE DOC)
