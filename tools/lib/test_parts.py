# SPDX-License-Identifier: Apache-2.0
"""The parts of tools/test: what each builds and runs; how long it took, what passed, what failed.

A part's output goes to build/test/<part>.log; the terminal shows what it was, how it went, and of
a failure the end of its log."""
import concurrent.futures
import glob
import json
import os
import re
import statistics
import subprocess
import sys
import time

from test_part import LOGS, ROOT, SANITIZERS, Part
from test_runners import CONFORMANCE, JOBS, NODE_JOBS, build, ctest, node_files, node_packages, script

SOURCE_FOLDERS = ("server", "remote-proto", "sdk-cpp", "sdk-examples", "test", "tools")
# The tests whose code crosses threads; the rest is single-threaded and seen by the dev build.
CROSSES_THREADS = re.compile(r"runtime|sdk|adapter|endpoint|shard|integration|tcp")
# What the scripted adapters of these tests say is the same over gRPC.
OVER_GRPC = ("adapter_dialing.test.mjs", "data_recovery.test.mjs", "examples/chat.test.mjs",
             "examples/portfolio.test.mjs", "examples/roundtrip.test.mjs", "metadata.test.mjs",
             "metadata_away.test.mjs", "reverse_calls.test.mjs", "sdk_control.test.mjs",
             "sdk_cpp_servers.test.mjs", "standby.test.mjs")
# Programs with an operator new of their own.
NOT_UNDER_TSAN = re.compile(r"allocation")
FUZZ_SECONDS = 10
# The example adapters that the conformance tests run.
EXAMPLES = ("penstock-example-chat", "penstock-example-hello", "penstock-example-hostmonitor",
            "penstock-example-portfolio", "penstock-example-roundtrip")
# How often its target a microbenchmark may take before it counts as failed.
BENCH_ROOM = 1.5
# What part of their targets the benchmarks take, in the median, on the machine of docs/performance.md. Where
# that is more the machine is slower, or busy, and all targets grow with it: what is found is a benchmark that has
# become dearer than the others.
USUAL_SHARE = 0.29
# Updates a second that one adapter process is to get through one connection; where the machine is too slow for that,
# so many times those of the Node.js kit (usual are nine).
ADAPTER_UPDATES = 500_000
TIMES_THE_KIT = 6


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
    """release build of the server, the SDK and the examples; an outside project against the installed SDK"""
    ok, folder = build(part, "release")
    if ok:
        part.must("an outside project that finds the installed SDK",
                  os.path.join(ROOT, "test", "unit", "sdk-cpp", "installed_package_test.sh"), folder, limit=300)


def conformance(part, binary, *files, prefix=(), env=None, jobs=NODE_JOBS):
    names = files or sorted(os.path.relpath(name, CONFORMANCE)
                            for folder in ("", "ari", "examples")
                            for name in glob.glob(os.path.join(CONFORMANCE, folder, "*.test.mjs")))
    node_files(part, names, prefix=prefix, env={"PENSTOCK_BIN": binary, **(env or {})}, jobs=jobs)


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
    node_files(part, sorted(glob.glob(os.path.join(CONFORMANCE, "pages", "*.test.mjs"))),
               prefix=(os.path.join(ROOT, "tools", "quickstart"), "--run"), jobs="1")


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


def part_load(part):
    """thousands of sessions at once against the release build, adapters that come and go, a short soak"""
    ok, folder = build(part, "release", "penstock", "penstock-load", "soak_adapter",
                       "penstock-example-portfolio")
    if ok and node_packages(part):
        env = {"PENSTOCK_BIN": os.path.join(folder, "server", "app", "penstock"),
               "SOAK_ADAPTER": os.path.join(folder, "test", "conformance", "load", "soak_adapter",
                                            "soak_adapter")}
        script(part, env, "node", "load/sessions_load.mjs")
        script(part, env, "node", "load/sessions_load.mjs", "3000", "300", "10", "tls")
        script(part, env, "node", "load/bandwidth_load.mjs")
        script(part, env, "node", "load/stalled_load.mjs")
        script(part, env, "node", "load/adapters_load.mjs")
        script(part, env, "node", "load/adapter_failover.mjs")
        script(part, env, "node", "load/soak.mjs", "1")
        script(part, env, "node", "load/flat_memory.mjs")


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
    before = part.failed
    microbenchmarks(part, folder)
    part.try_again("update_path_bench", before, "", lambda: microbenchmarks(part, folder))
    if node_packages(part):
        before = part.failed
        adapter_throughput(part, folder)
        part.try_again("adapter_throughput", before, "", lambda: adapter_throughput(part, folder))


def microbenchmarks(part, folder):
    """Each against its target; whether all reach it."""
    before = part.failed
    result = os.path.join(folder, "update_path_bench.json")
    ok, _ = part.must("update_path_bench",
                      os.path.join(folder, "test", "bench", "update_path_bench"),
                      "--benchmark_min_time=0.1", "--benchmark_repetitions=5",
                      "--benchmark_report_aggregates_only=true", f"--benchmark_out={result}",
                      "--benchmark_out_format=json", limit=300)
    if not ok:
        return False
    with open(result, encoding="utf-8") as file:
        medians = {one["run_name"].split("/repeats:")[0]: one
                   for one in json.load(file)["benchmarks"] if one.get("aggregate_name") == "median"}
    if not part.check(bool(medians), "there are benchmarks"):
        return False
    times = {name: one["cpu_time"] / one.get("units", 1) for name, one in medians.items()}
    share = statistics.median(times[name] / one["target_ns"] for name, one in medians.items())
    slowness = max(1.0, share / USUAL_SHARE)
    print(f"  targets times {slowness:.1f}, for this machine", flush=True)
    for name, one in medians.items():
        took = times[name]
        print(f"  {name:24} {took:8.1f} ns, target {one['target_ns']:.0f}; "
              f"{one['allocations']:.2f} allocations", flush=True)
        part.check(took <= BENCH_ROOM * slowness * one["target_ns"], f"{name}: {took:.1f} ns")
        part.check(one["allocations"] <= one["allowed"],
                   f"{name}: {one['allocations']:.2f} allocations, allowed {one['allowed']:.0f}")
    published = [one["cpu_time"] for name, one in medians.items() if name.startswith("Publish/")]
    part.check(len(published) > 1 and max(published) <= 3 * min(published),
               "the cost of publishing does not grow with the subscribers")
    return part.failed == before


def adapter_throughput(part, folder):
    """Updates from one adapter process into the kernel; the whole machine works on it. Whether they
    are enough."""
    before = part.failed
    program = os.path.join(ROOT, "test", "bench", "adapter_feed", "adapter_throughput.mjs")
    programs = {"PENSTOCK_BIN": os.path.join(folder, "server", "app", "penstock"),
                "ADAPTER_FEED": os.path.join(folder, "test", "bench", "adapter_feed")}
    ok, text = part.must("adapter_throughput", "node", program, "1", "2", limit=120, env=programs)
    if not ok:
        return False
    rates = {name: int(rate)
             for name, rate in re.findall(
                 r"^\| (C\+\+ SDK|C\+\+ SDK, gRPC|Node.js kit) \| (\d+) \| \S+ \| \S+ \|$", text, re.M)}
    for line in re.findall(r"^\| .*", text, re.M):
        print("  " + line, flush=True)
    part.check(rates["C++ SDK"] * BENCH_ROOM >= ADAPTER_UPDATES
               or rates["C++ SDK"] >= TIMES_THE_KIT * rates["Node.js kit"],
               f"{rates['C++ SDK']} updates a second from an adapter")
    for name in ("C++ SDK", "C++ SDK, gRPC"):
        part.check(rates[name] > rates["Node.js kit"], f"{name} is faster than the Node.js kit")
    return part.failed == before


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
    rows, passed, failed, second_tries = [], 0, 0, []
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
        second_tries += part.second_tries
    print("\npart          seconds   passed   failed")
    for name, took, good, bad in rows:
        print(f"{name:12} {took:8.0f} {good:8} {bad:8}")
    for what in second_tries:
        print(f"passed at the second try only: {what}")
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
