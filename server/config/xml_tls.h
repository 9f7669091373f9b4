// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/problems.h"
#include "config/settings.h"
#include "config/xml_params.h"

namespace penstock::config {

// Takes the `tls` parameters of a proxy (ari.md §6.3), whose `remote_host` is known already. With
// `tls` off the others mean nothing and are left alone. `note` tells what is there and not done;
// what would be unsafe to leave out is a problem. `file`: where relative paths start.
void ReadXmlTls(XmlParams* params, const std::string& file, ProxySettings* proxy,
                const std::function<void(const XmlParams::Param&, std::string_view)>& note,
                Problems* problems);

}  // namespace penstock::config
