# SPDX-License-Identifier: Apache-2.0
# Whether adapters may speak gRPC: by default where gRPC and Protocol Buffers are installed. With
# OFF neither is looked for, and all else is built.
if(NOT DEFINED PENSTOCK_WITH_GRPC)
  find_package(Protobuf QUIET)
  find_package(gRPC CONFIG QUIET)
  if(Protobuf_FOUND AND gRPC_FOUND AND TARGET gRPC::grpc_cpp_plugin)
    set(penstock_grpc_default ON)
  else()
    set(penstock_grpc_default OFF)
    message(STATUS "gRPC is not installed: adapters will speak ARI only")
  endif()
endif()
option(PENSTOCK_WITH_GRPC "Build the gRPC transport of adapters" ${penstock_grpc_default})
if(PENSTOCK_WITH_GRPC)
  find_package(Protobuf REQUIRED)
  find_package(gRPC CONFIG REQUIRED)
endif()
