# SPDX-License-Identifier: Apache-2.0
"""The parts of tools/test: runs commands, counts what passed and what failed, times each part.

A part's output goes to build/test/<part>.log; the terminal shows what it was, how it went, and of
a failure the end of its log. Never two builds at once, at most two jobs."""
import concurrent.futures
import glob
import json
import os
import re
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOGS = os.path.join(ROOT, "build", "test")
JOBS = str(min(2, os.cpu_count() or 1))
NODE_JOBS = str(int(JOBS) + 1)
# A test file that takes longer hangs: it is ended, so that its name is told and the others run.
NODE_FILE_SECONDS = 300
NODE_LINES = 30  # of why a test failed
CONFORMANCE = os.path.join(ROOT, "test", "conformance")
SOURCE_FOLDERS = ("server", "remote-proto", "sdk-cpp", "sdk-examples", "test", "tools")
# The tests whose code crosses threads; the rest is single-threaded and seen by the dev build.
CROSSES_THREADS = re.compile(r"runtime|sdk|adapter|endpoint|shard|integration|tcp")
# What the scripted adapters of these tests say is the same over gRPC.
OVER_GRPC = ("adapter_dialing.test.mjs", "data_recovery.test.mjs", "examples/chat.test.mjs",
             "examples/portfolio.test.mjs", "examples/roundtrip.test.mjs", "metadata.test.mjs",
             "metadata_away.test.mjs", "reverse_calls.test.mjs", "sdk_control.test.mjs",
             "sdk_cpp_servers.test.mjs", "standby.test.mjs")
# An outside project that the build is installed for, and programs with an operator new of their own.
NOT_UNDER_TSAN = re.compile(r"installed|allocation")
FUZZ_SECONDS = 10
# The example adapters that the conformance tests run.
EXAMPLES = ("penstock-example-chat", "penstock-example-hello", "penstock-example-hostmonitor",
            "penstock-example-portfolio", "penstock-example-roundtrip")
# How often its target a microbenchmark may take before it counts as failed.
BENCH_ROOM = 1.5
# Updates a second that one adapter process is to get through one connection.
ADAPTER_UPDATES = 500_000
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


class Part:
    """One part in the making: its counts and its log."""

    def __init__(self, name):
        self.passed = 0
        self.failed = 0
        self.told = False
        self.path = os.path.join(LOGS, name + ".log")
        self.log = open(self.path, "w", encoding="utf-8", errors="replace")

    def check(self, ok, what):
        """Counts one test; says which it was if it failed."""
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"  FAILED: {what}", flush=True)
        return ok

    def run(self, *command, limit=1800, env=None, cwd=ROOT):
        """Runs a command to its end or its time limit; (exit code, output)."""
        self.log.write(f"$ {' '.join(command)}\n")
        self.log.flush()
        start = self.log.tell()
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=self.log,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, **SANITIZERS, **(env or {})})
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            self._end(process)
            code = -1
            self.log.write(f"\nended after {limit} s\n")
        except BaseException:
            self._end(process)
            raise
        self._sweep(process)
        self.log.flush()
        with open(self.path, encoding="utf-8", errors="replace") as file:
            file.seek(start)
            return code, file.read()

    @staticmethod
    def _sweep(process):
        """Ends what a command has left running."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    @staticmethod
    def _end(process):
        for sent in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, sent)
            except ProcessLookupError:
                return
            try:
                process.wait(15)
                return
            except subprocess.TimeoutExpired:
                continue

    def must(self, what, *command, **options):
        """A command that is a test by itself."""
        code, output = self.run(*command, **options)
        return self.check(code == 0, f"{what} (exit code {code})"), output

    def tell(self, lines):
        """Shows why something failed; the end of the log need not show that any more."""
        self.told = True
        print("\n".join("    " + line[:300] for line in lines), flush=True)

    def show_end(self):
        if self.told:
            return
        with open(self.path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        print("  ----- the end of " + os.path.relpath(self.path, ROOT))
        print("\n".join("  " + line[:300] for line in lines[-60:]))
        print("  -----", flush=True)


def build(part, preset, *targets):
    """Configures and builds; a failure is one failed test."""
    folder = os.path.join(ROOT, "build", "release" if preset == "bench" else preset)
    code, _ = part.run("cmake", "--preset", preset)
    if code == 0:
        code, _ = part.run("ninja", "-C", folder, "-j", JOBS, *targets, limit=3000)
    return part.check(code == 0, f"build of {preset}"), folder


def count_ctest(part, output, code):
    """Counts the cases inside the GoogleTest programs, and programs that ended otherwise."""
    part.passed += len(re.findall(r"^\d+: \[ {7}OK \]", output, re.M))
    cases = set(re.findall(r"^\d+: \[  FAILED  \] (\S+) \(\d+ ms\)", output, re.M))
    for case in sorted(cases):
        part.check(False, case)
    programs = re.findall(r"^\s*\d+ - (\S+) \((\w[^)]*)\)", output, re.M)
    for name, how in programs:
        if how != "Failed" or not cases:
            part.check(False, f"{name}: {how}")
    if code != 0 and not cases and not programs:
        part.check(False, f"ctest (exit code {code})")
    if code == 0 and "No tests were found" in output:
        part.check(False, "ctest found no test")


def ctest(part, folder, *options, prefix=()):
    code, output = part.run(*prefix, "ctest", "--test-dir", folder, "--verbose", "-j", JOBS,
                            *options, limit=1200)
    count_ctest(part, output, code)


def count_node(part, output, code):
    passed = re.findall(r"^# pass (\d+)", output, re.M)
    failed = re.findall(r"^# fail (\d+)", output, re.M)
    cancelled = re.findall(r"^# cancelled (\d+)", output, re.M)
    if not passed:
        return part.check(False, f"node --test (exit code {code})")
    part.passed += int(passed[-1])
    for name in re.findall(r"^\s*ok \d+ - (.* # SKIP.*)", output, re.M):
        print(f"  {name}", flush=True)
    bad = int(failed[-1]) + int(cancelled[-1] if cancelled else 0)
    part.failed += bad
    for _, name, why in re.findall(r"^( *)not ok \d+ - ([^\n]*)\n\1  ---\n(.*?)^\1  \.\.\.$", output,
                                   re.M | re.S):
        if "failureType: 'subtestsFailed'" not in why:
            print(f"  FAILED: {name}", flush=True)
            part.tell(why.splitlines()[:NODE_LINES])
    if code != 0 and bad == 0:
        part.check(False, f"node --test (exit code {code})")


def node_packages(part):
    """The packages of the conformance tests, fetched when package.json has changed."""
    stamp = os.path.join(CONFORMANCE, "node_modules", ".penstock-installed")
    with open(os.path.join(CONFORMANCE, "package.json"), encoding="utf-8") as file:
        wanted = file.read()
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == wanted:
                return True
    for _ in range(2):
        code, _ = part.run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund",
                           "--ignore-scripts", cwd=CONFORMANCE, limit=300)
        if code == 0:
            with open(stamp, "w", encoding="utf-8") as file:
                file.write(wanted)
            return True
    return part.check(False, "npm install of the conformance tests")


def sources():
    found = []
    for folder in SOURCE_FOLDERS:
        for directory, names, files in os.walk(os.path.join(ROOT, folder)):
            names[:] = [name for name in names if name != "node_modules"]
            found += [os.path.join(directory, name) for name in files
                      if name.endswith((".h", ".cc"))]
    return sorted(found)


def part_checks(part):
    """format, includes, text, architecture, and the tests of the adapter protocol"""
    part.must("the format of the sources", "clang-format", "--dry-run", "-Werror", *sources())
    part.must("the include check tests itself", "tools/check-includes", "--self-test")
    part.must("the direction of includes", "tools/check-includes")
    part.must("the text of the files", "tools/check-text")
    part.must("the names in ARCHITECTURE.md", "tools/check-architecture")
    part.must("the rows of the adapter protocol's list", "tools/check-ari-rows")


def part_dev(part):
    """debug build with ASan and UBSan, warnings as errors; all unit and integration tests"""
    ok, folder = build(part, "dev")
    if ok:
        ctest(part, folder)


def tsan_prefix(part):
    """clang 14's TSan cannot place its memory under strong address randomisation."""
    code, _ = part.run("setarch", "-R", "true")
    return ("setarch", "-R") if code == 0 else ()


def part_tsan(part):
    """TSan build, without gRPC, of what crosses threads; its tests, and clients against the server"""
    code, _ = part.run("cmake", "--preset", "tsan")
    if not part.check(code == 0, "configuration of tsan"):
        return
    folder = os.path.join(ROOT, "build", "tsan")
    code, output = part.run("ctest", "--test-dir", folder, "--show-only=json-v1")
    names = []
    if code == 0:
        names = [test["name"] for test in json.loads(output[output.index("{"):])["tests"]
                 if CROSSES_THREADS.search(test["name"]) and not NOT_UNDER_TSAN.search(test["name"])]
    ok, _ = build(part, "tsan", "penstock", *names)
    if not ok:
        return
    prefix = tsan_prefix(part)
    if names:
        ctest(part, folder, "-R", "^(" + "|".join(map(re.escape, names)) + ")$", prefix=prefix)
    if node_packages(part):
        conformance(part, os.path.join(folder, "server", "app", "penstock"),
                    "sharing.test.mjs", "adapter_lifecycle.test.mjs", "shutdown.test.mjs",
                    "without_grpc/start.test.mjs", prefix=prefix)


def part_release(part):
    """release build of the server, the SDK and the examples"""
    build(part, "release")


def conformance(part, binary, *files, prefix=(), env=None, jobs=NODE_JOBS):
    names = files or sorted(os.path.relpath(name, CONFORMANCE)
                            for folder in ("", "ari", "examples")
                            for name in glob.glob(os.path.join(CONFORMANCE, folder, "*.test.mjs")))
    code, output = part.run(*prefix, "node", "--test", "--test-reporter=tap", *options(jobs), *names,
                            cwd=CONFORMANCE, limit=900, env={"PENSTOCK_BIN": binary, **(env or {})})
    count_node(part, output, code)


def options(jobs):
    """They wait more than they work. Node 18 has no such options and runs a file for each core."""
    version = subprocess.run(["node", "-p", "process.versions.node.split('.')[0]"],
                             capture_output=True, text=True, check=True).stdout.strip()
    if int(version) < 20:
        return []
    return [f"--test-concurrency={jobs}", f"--test-timeout={NODE_FILE_SECONDS * 1000}"]


def part_conformance(part):
    """the official client and adapters, and hand-written peers, against the dev build"""
    ok, folder = build(part, "dev", "penstock", "penstock-load", "control_adapter",
                       "commanded_adapter", "log_adapter", *EXAMPLES)
    if ok and node_packages(part):
        binary = os.path.join(folder, "server", "app", "penstock")
        conformance(part, binary)
        conformance(part, binary, *OVER_GRPC, env={"PENSTOCK_ADAPTERS": "grpc"})


def part_network(part):
    """the official clients through bad networks, nginx and HAProxy; a DMZ of network namespaces"""
    ok, folder = build(part, "dev", "penstock", "penstock-example-hostmonitor")
    if ok and node_packages(part):
        conformance(part, os.path.join(folder, "server", "app", "penstock"),
                    *(os.path.relpath(path, CONFORMANCE) for path in
                      sorted(glob.glob(os.path.join(CONFORMANCE, "network", "*.test.mjs")))),
                    jobs=JOBS)  # browsers among them, which starve beside too much


def part_pages(part):
    """the example pages in Chromium, over the quickstart"""
    if not node_packages(part):
        return
    tests = sorted(glob.glob(os.path.join(CONFORMANCE, "pages", "*.test.mjs")))
    code, output = part.run(os.path.join(ROOT, "tools", "quickstart"), "--run", "node", "--test",
                            "--test-reporter=tap", *tests, cwd=CONFORMANCE, limit=900)
    count_node(part, output, code)


def part_quickstart(part):
    """the quickstart from its start to its end, a second time in seconds"""
    part.must("quickstart --check", os.path.join(ROOT, "tools", "quickstart"), "--check")
    start = time.monotonic()
    part.must("quickstart --check again", os.path.join(ROOT, "tools", "quickstart"), "--check")
    took = time.monotonic() - start
    part.check(took < 30, f"the second quickstart took {took:.0f} s")


def part_guides(part):
    """the pages of docs/ that tell how to do it, followed word by word from a clean folder"""
    ok, folder = build(part, "dev", "penstock")
    if ok and node_packages(part):
        conformance(part, os.path.join(folder, "server", "app", "penstock"),
                    *(os.path.relpath(path, CONFORMANCE) for path in
                      sorted(glob.glob(os.path.join(CONFORMANCE, "guides", "*.test.mjs")))))


def fuzz(target):
    """One fuzz target for a while; its name, exit code and output."""
    name = os.path.basename(target)
    found = os.path.join(ROOT, "build", "fuzz", "found", name)
    os.makedirs(found, exist_ok=True)
    seeds = os.path.join(ROOT, "test", "fuzz", "corpus", name)
    command = [target, f"-max_total_time={FUZZ_SECONDS}", "-rss_limit_mb=2048", "-timeout=10",
               f"-artifact_prefix={found}/crash-", "-print_final_stats=1", found,
               *([seeds] if os.path.isdir(seeds) else [])]
    try:
        run = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                             timeout=FUZZ_SECONDS + 120, env={**os.environ, **SANITIZERS})
    except subprocess.TimeoutExpired as slow:
        return name, -1, (slow.stdout or b"").decode(errors="replace")
    return name, run.returncode, run.stdout


def part_fuzz(part):
    """each fuzz target for a while, from its corpus"""
    folder = os.path.join(ROOT, "build", "fuzz")
    part.run("cmake", "--preset", "fuzz")
    _, listed = part.run("ninja", "-C", folder, "-t", "targets", "all")
    ok, _ = build(part, "fuzz", *re.findall(r"^(test/fuzz/\w+_fuzz): CXX_EXECUTABLE", listed, re.M))
    if not ok:
        return
    targets = sorted(path for path in glob.glob(os.path.join(folder, "test", "fuzz", "*_fuzz"))
                     if os.access(path, os.X_OK))
    part.check(bool(targets), "there are fuzz targets")
    with concurrent.futures.ThreadPoolExecutor(int(JOBS)) as workers:
        for name, code, output in workers.map(fuzz, targets):
            part.log.write(output)
            part.check(code == 0, f"{name} for {FUZZ_SECONDS} s (exit code {code})")


def load_script(part, env, *command):
    """A script that prints "ok …" and "not ok …" lines, and "# …" lines that are worth showing."""
    failed = part.failed
    code, output = part.run(*command, cwd=CONFORMANCE, limit=300, env=env)
    for line in re.findall(r"^(?:ok|not ok) .*", output, re.M):
        part.check(line.startswith("ok"), line)
    if code != 0 and part.failed == failed:
        part.check(False, f"{command[1]} (exit code {code})")
    for line in re.findall(r"^# .*", output, re.M):
        print("  " + line[2:])


def part_load(part):
    """thousands of sessions at once against the release build, adapters that come and go, a short soak"""
    ok, folder = build(part, "release", "penstock", "penstock-load", "soak_adapter",
                       "penstock-example-portfolio")
    if ok and node_packages(part):
        env = {"PENSTOCK_BIN": os.path.join(folder, "server", "app", "penstock"),
               "SOAK_ADAPTER": os.path.join(folder, "test", "conformance", "load", "soak_adapter",
                                            "soak_adapter")}
        load_script(part, env, "node", "load/sessions_load.mjs")
        load_script(part, env, "node", "load/sessions_load.mjs", "3000", "300", "10", "tls")
        load_script(part, env, "node", "load/bandwidth_load.mjs")
        load_script(part, env, "node", "load/stalled_load.mjs")
        load_script(part, env, "node", "load/adapters_load.mjs")
        load_script(part, env, "node", "load/adapter_failover.mjs")
        load_script(part, env, "node", "load/soak.mjs", "1")
        load_script(part, env, "node", "load/flat_memory.mjs")


def part_reference(part):
    """the API reference of the SDK, by Doxygen, without a warning"""
    os.makedirs(os.path.join(ROOT, "build"), exist_ok=True)
    part.must("the API reference", "doxygen", os.path.join("sdk-cpp", "Doxyfile"), limit=120)
    pages = os.path.join(ROOT, "build", "api-reference", "html")
    for name in ("AdapterHost", "DataProvider", "MetadataProvider", "Subscription"):
        page = os.path.join(pages, f"classpenstock_1_1adapter_1_1{name}.html")
        part.check(os.path.exists(page), f"the page of {name}")


def part_bench(part):
    """microbenchmarks of the way of an update against their targets, with room for a busy machine"""
    ok, folder = build(part, "bench", "update_path_bench", "penstock", "adapter_feed")
    if not ok:
        return
    result = os.path.join(folder, "update_path_bench.json")
    ok, _ = part.must("update_path_bench",
                      os.path.join(folder, "test", "bench", "update_path_bench"),
                      "--benchmark_min_time=0.1", "--benchmark_repetitions=5",
                      "--benchmark_report_aggregates_only=true", f"--benchmark_out={result}",
                      "--benchmark_out_format=json", limit=300)
    if not ok:
        return
    with open(result, encoding="utf-8") as file:
        medians = {one["run_name"].split("/repeats:")[0]: one
                   for one in json.load(file)["benchmarks"] if one.get("aggregate_name") == "median"}
    part.check(bool(medians), "there are benchmarks")
    for name, one in medians.items():
        took = one["cpu_time"] / one.get("units", 1)
        print(f"  {name:24} {took:8.1f} ns, target {one['target_ns']:.0f}; "
              f"{one['allocations']:.2f} allocations", flush=True)
        part.check(took <= BENCH_ROOM * one["target_ns"], f"{name}: {took:.1f} ns")
        part.check(one["allocations"] <= one["allowed"],
                   f"{name}: {one['allocations']:.2f} allocations, allowed {one['allowed']:.0f}")
    published = [one["cpu_time"] for name, one in medians.items() if name.startswith("Publish/")]
    part.check(len(published) > 1 and max(published) <= 3 * min(published),
               "the cost of publishing does not grow with the subscribers")
    if node_packages(part):
        adapter_throughput(part, folder)


def adapter_throughput(part, folder):
    """Updates from one adapter process into the kernel; the whole machine works on it."""
    script = os.path.join(ROOT, "test", "bench", "adapter_feed", "adapter_throughput.mjs")
    programs = {"PENSTOCK_BIN": os.path.join(folder, "server", "app", "penstock"),
                "ADAPTER_FEED": os.path.join(folder, "test", "bench", "adapter_feed")}
    ok, text = part.must("adapter_throughput", "node", script, "1", "2", limit=120, env=programs)
    if not ok:
        return
    rates = {name: int(rate)
             for name, rate in re.findall(
                 r"^\| (C\+\+ SDK|C\+\+ SDK, gRPC|Node.js kit) \| (\d+) \| \S+ \| \S+ \|$", text, re.M)}
    for line in re.findall(r"^\| .*", text, re.M):
        print("  " + line, flush=True)
    part.check(rates["C++ SDK"] * BENCH_ROOM >= ADAPTER_UPDATES,
               f"{rates['C++ SDK']} updates a second from an adapter")
    for name in ("C++ SDK", "C++ SDK, gRPC"):
        part.check(rates[name] > rates["Node.js kit"], f"{name} is faster than the Node.js kit")


def part_peers(part):
    """a short form of tools/compare-peers: a report, failed only where a target is missed by more than half"""
    code, text = part.run(os.path.join(ROOT, "tools", "compare-peers"), "--quick", limit=900)
    for line in re.findall(r"^\|.*", text, re.M):
        print("  " + line, flush=True)
    part.check(code == 0, "no target is missed by more than half")


PARTS = {name[len("part_"):]: function for name, function in list(globals().items())
         if name.startswith("part_")}
ORDER = ("checks", "reference", "dev", "tsan", "release", "conformance", "network", "pages",
         "quickstart", "guides", "fuzz", "load", "bench", "peers")
assert sorted(ORDER) == sorted(PARTS)


def main():
    asked = sys.argv[1:]
    if asked == ["--list"]:
        for name in ORDER:
            print(f"{name:12} {PARTS[name].__doc__}")
        return 0
    unknown = [name for name in asked if name not in PARTS]
    if unknown:
        sys.exit(f"tools/test: no part {unknown[0]}; there are {', '.join(ORDER)}")
    os.makedirs(LOGS, exist_ok=True)
    rows, passed, failed = [], 0, 0
    for name in (name for name in ORDER if not asked or name in asked):
        print(f"{name}: {PARTS[name].__doc__}", flush=True)
        start = time.monotonic()
        part = Part(name)
        PARTS[name](part)
        part.log.close()
        took = time.monotonic() - start
        if part.failed:
            part.show_end()
        print(f"  {part.passed} passed, {part.failed} failed, {took:.0f} s", flush=True)
        rows.append((name, took, part.passed, part.failed))
        passed += part.passed
        failed += part.failed
    print("\npart          seconds   passed   failed")
    for name, took, good, bad in rows:
        print(f"{name:12} {took:8.0f} {good:8} {bad:8}")
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
