// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/loader.h"

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "config/adapter_set_reader.h"
#include "config/adapters_xml.h"
#include "config/checks.h"
#include "config/files.h"
#include "config/listener_reader.h"
#include "config/problems.h"
#include "config/schema.h"
#include "config/toml_table.h"

namespace penstock::config {
namespace {

// One load of one file.
class Loader {
 public:
  explicit Loader(const std::string& file) : file_(file) {}

  StatusOr<Settings> Load(std::string_view text) {
    const TomlDocument document(text, file_, &problems_);
    std::optional<TomlTable> parsed = document.Top();
    if (!parsed) return problems_.ToStatus();
    TomlTable& top = *parsed;
    top.Read(TopKeys(), &settings_);
    ReadSection(&top, "server", ServerKeys(), &settings_.server);
    ListenerReader(file_).ReadAll(&top, &settings_.listeners, &ports_);
    ReadSession(&top);
    ReadDelivery(&top);
    ReadSection(&top, "messages", MessagesKeys(), &settings_.messages);
    ReadSection(&top, "limits", LimitsKeys(), &settings_.limits);
    ReadLog(&top);
    ReadSection(&top, "http", HttpKeys(), &settings_.http);
    ReadSection(&top, "websocket", WebSocketKeys(), &settings_.websocket);
    ReadPages(&top);
    AdapterSetReader sets(file_, &problems_);
    for (TomlTable& table : top.Subs("adapter_set")) sets_.push_back(sets.Read(&table));
    top.RefuseUnknownKeys();
    ReadAdaptersFiles(top);
    CheckSetIds(sets_, &problems_);
    for (LoadedSet& loaded : sets_) {
      ports_.insert(ports_.end(), loaded.ports.begin(), loaded.ports.end());
      settings_.adapter_sets.push_back(std::move(loaded.set));
    }
    CheckPorts(ports_, &problems_);
    if (!problems_.empty()) return problems_.ToStatus();
    return std::move(settings_);
  }

 private:
  template <class S>
  void ReadSection(TomlTable* top, std::string_view name, std::span<const Key<S>> keys, S* into) {
    std::optional<TomlTable> table = top->Sub(name);
    if (!table) return;
    table->Read(keys, into);
    table->RefuseUnknownKeys();
  }

  void ReadSession(TomlTable* top) {
    std::optional<TomlTable> table = top->Sub("session");
    if (!table) return;
    Session& session = settings_.session;
    table->Read(SessionKeys(), &session);
    table->RefuseUnknownKeys();
    if (session.keepalive < session.keepalive_min || session.keepalive > session.keepalive_max) {
      table->Add(
          "keepalive_millis",
          std::to_string(session.keepalive.count()) + " is not within keepalive_min_millis (" +
              std::to_string(session.keepalive_min.count()) + ") and keepalive_max_millis (" +
              std::to_string(session.keepalive_max.count()) + "); write min <= this <= max");
    }
    if (session.content_length < session.content_length_min) {
      table->Add("content_length_bytes", std::to_string(session.content_length) +
                                             " is less than content_length_min_bytes (" +
                                             std::to_string(session.content_length_min) +
                                             "); write no less than that");
    }
  }

  void ReadDelivery(TomlTable* top) {
    std::optional<TomlTable> table = top->Sub("delivery");
    if (!table) return;
    Delivery& delivery = settings_.delivery;
    table->Read(DeliveryKeys(), &delivery);
    table->RefuseUnknownKeys();
    const Milliseconds cut = delivery.write_timeout;
    if (cut.count() != 0 && delivery.slow_client_timeout >= cut) {
      table->Add("slow_client_timeout_millis",
                 std::to_string(delivery.slow_client_timeout.count()) +
                     " never comes: write_timeout_millis (" + std::to_string(cut.count()) +
                     ") cuts the connection before; write less than that");
    }
  }

  void ReadLog(TomlTable* top) {
    std::optional<TomlTable> table = top->Sub("log");
    if (!table) return;
    table->Read(LogKeys(), &settings_.log);
    settings_.log.file = ResolvePath(settings_.log.file, file_);
    ReadSection(&*table, "areas", LogAreaKeys(), &settings_.log);
    table->RefuseUnknownKeys();
  }

  void ReadPages(TomlTable* top) {
    std::optional<TomlTable> table = top->Sub("pages");
    if (!table) return;
    table->Read(PagesKeys(), &settings_.pages);
    std::string& dir = settings_.pages.dir;
    dir = ResolvePath(dir, file_);
    if (!dir.empty() && !IsFolder(dir)) {
      table->Add("dir", "\"" + dir + "\" is no folder; name one that exists, or \"\" for none");
    }
    table->RefuseUnknownKeys();
  }

  void ReadAdaptersFiles(const TomlTable& top) {
    for (std::string& path : settings_.adapters_files) {
      path = ResolvePath(path, file_);
      const StatusOr<std::string> text = ReadWholeFile(path);
      if (!text.ok()) {
        top.Add("adapters_files", std::string(Message(text.status())));
        continue;
      }
      auto loaded = ParseAdaptersXml(*text, path, &settings_.notes, &problems_);
      if (loaded) sets_.push_back(std::move(*loaded));
    }
  }

  const std::string& file_;
  Problems problems_;
  Settings settings_;
  std::vector<LoadedSet> sets_;
  std::vector<PortUse> ports_;
};

}  // namespace

StatusOr<Settings> LoadFile(const std::string& path) {
  const StatusOr<std::string> text = ReadWholeFile(path);
  if (!text.ok()) return text.status();
  return LoadString(*text, path);
}

StatusOr<Settings> LoadString(std::string_view text, const std::string& name) {
  return Loader(name).Load(text);
}

}  // namespace penstock::config
