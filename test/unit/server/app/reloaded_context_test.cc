// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/reloaded_context.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/fake_clock.h"
#include "support/test_certificate.h"
#include "transport/tls/context.h"

namespace penstock::app {
namespace {

using std::chrono::seconds;

// Makes a context of a file, unless that says "bad".
class ReloadedContextTest : public testing::Test {
 protected:
  explicit ReloadedContextTest(Duration period = seconds(10))
      : file_(dir_.Write("file", "one")),
        context_(clock_, {"proxy", "P", {file_}, period},
                 [this](ReloadedContext::Findings* findings) { return Make(findings); }) {
    ReloadedContext::Findings findings;
    context_.Load(&findings);
    first_ = context_.context();
  }

  ReloadedContext::ContextPtr Make(ReloadedContext::Findings* findings) {
    ++made_;
    if (is_bad_) {
      findings->problems.Add({file_, 1}, "tls", "is no good; mend it");
      return nullptr;
    }
    auto context = tls::Context::CreateForClient(
        {.ciphers = "ECDHE+AESGCM", .cipher_suites = "TLS_AES_128_GCM_SHA256"}, std::nullopt,
        std::nullopt);
    return context.ok() ? std::move(*context) : nullptr;
  }
  // Longer than before: a stamp may be no finer than the clock of the file system.
  void Change() { dir_.Write("file", std::string(++changes_ * 10, 'x')); }

  test::TempDir dir_;
  test::FakeClock clock_;
  const std::string file_;
  bool is_bad_ = false;
  int made_ = 0;
  std::size_t changes_ = 0;
  ReloadedContext context_;
  ReloadedContext::ContextPtr first_;
};

TEST_F(ReloadedContextTest, IsReadAgainWhenItsTimeHasComeAndItHasChanged) {
  ASSERT_NE(first_, nullptr);
  EXPECT_EQ(context_.NextCheck(), clock_.Now() + seconds(10));
  Change();
  EXPECT_FALSE(context_.Check(false)) << "not yet";
  clock_.Advance(seconds(10));
  EXPECT_TRUE(context_.Check(false));
  EXPECT_NE(context_.context(), first_);
  clock_.Advance(seconds(10));
  EXPECT_FALSE(context_.Check(false)) << "nothing has changed";
  EXPECT_EQ(made_, 2);
}

TEST_F(ReloadedContextTest, IsReadAtOnceWhenAnOperatorAsks) {
  Change();
  EXPECT_TRUE(context_.Check(true));
  EXPECT_FALSE(context_.Check(true));
}

TEST_F(ReloadedContextTest, StaysAsItIsWhenTheNewFilesAreNoGood) {
  is_bad_ = true;
  Change();
  EXPECT_FALSE(context_.Check(true));
  EXPECT_EQ(context_.context(), first_);
  clock_.Advance(seconds(10));
  EXPECT_FALSE(context_.Check(false));
  EXPECT_EQ(made_, 2) << "told of once";
  is_bad_ = false;
  Change();
  EXPECT_TRUE(context_.Check(true));
  EXPECT_NE(context_.context(), first_);
}

class UnwatchedContextTest : public ReloadedContextTest {
 protected:
  UnwatchedContextTest() : ReloadedContextTest(Duration::zero()) {}
};

TEST_F(UnwatchedContextTest, IsReadOnlyWhenAnOperatorAsks) {
  EXPECT_EQ(context_.NextCheck(), TimePoint::max());
  Change();
  clock_.Advance(std::chrono::hours(1));
  EXPECT_FALSE(context_.Check(false));
  EXPECT_TRUE(context_.Check(true));
}

}  // namespace
}  // namespace penstock::app
