# What goes where; units and sample files are installed by systemd/ and config/.

# Programs find the library beside them wherever they are installed; below /usr the system does.
if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  file(RELATIVE_PATH FROM_BIN_TO_LIB ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set(PROGRAM_RPATH "$ORIGIN/${FROM_BIN_TO_LIB}")
endif()
foreach(program framering-capture framering-analyzer framering-replay framering-command)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "${PROGRAM_RPATH}")
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

set_target_properties(framering PROPERTIES PUBLIC_HEADER
                      ${PROJECT_SOURCE_DIR}/common/ring/include/framering/framering.h)
install(TARGETS framering LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/framering)
configure_file(cmake/framering.pc.in framering.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/framering.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL FILES_MATCHING PATTERN "*.md")
