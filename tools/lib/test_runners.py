# SPDX-License-Identifier: Apache-2.0
"""How tools/test builds, and runs and counts GoogleTest programs, files of node --test, and scripts.

Never two builds at once, at most two jobs."""
import os
import re
import subprocess

from test_part import ROOT

JOBS = str(min(2, os.cpu_count() or 1))
NODE_JOBS = str(int(JOBS) + 1)  # they wait more than they work
# A test file that takes longer hangs: it is ended, so that its name is told and the others run.
NODE_FILE_SECONDS = 600  # one builds the SDK
NODE_LINES = 30  # of why a test failed
CONFORMANCE = os.path.join(ROOT, "test", "conformance")


def build(part, preset, *targets):
    """Configures and builds; a failure is one failed test."""
    folder = os.path.join(ROOT, "build", "release" if preset == "bench" else preset)
    code, _ = part.run("cmake", "--preset", preset)
    if code == 0:
        code, _ = part.run("ninja", "-C", folder, "-j", JOBS, *targets, limit=3000)
    return part.check(code == 0, f"build of {preset}"), folder


def ctest(part, folder, *options, prefix=()):
    """The GoogleTest programs of a build."""
    before = part.failed
    command = (*prefix, "ctest", "--test-dir", folder, "--verbose")
    code, output = part.run(*command, "-j", JOBS, *options, limit=1200)
    programs = _count_ctest(part, output, code)
    part.try_again(" ".join(programs), before, output,
                   lambda: bool(programs) and part.run(*command, "--rerun-failed", limit=600)[0] == 0)


def _count_ctest(part, output, code):
    """Counts the cases inside the programs, and programs that ended otherwise; the names of those
    that failed."""
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
    return [name for name, _ in programs]


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


def node_files(part, names, prefix=(), env=None, jobs=NODE_JOBS):
    """Files of node --test, several at once."""
    def run(files, at_once):
        return part.run(*prefix, "node", "--test", "--test-reporter=tap", *_node_options(at_once), *files,
                        cwd=CONFORMANCE, limit=900, env=env)

    before = part.failed
    code, output = run(names, jobs)
    files = _count_node(part, output, code)
    part.try_again(" ".join(os.path.basename(name) for name in files), before, output,
                   lambda: bool(files) and run(files, "1")[0] == 0)


def _node_options(jobs):
    """Node 18 has no such options and runs a file for each core."""
    version = subprocess.run(["node", "-p", "process.versions.node.split('.')[0]"],
                             capture_output=True, text=True, check=True).stdout.strip()
    if int(version) < 20:
        return []
    return [f"--test-concurrency={jobs}", f"--test-timeout={NODE_FILE_SECONDS * 1000}"]


def _count_node(part, output, code):
    """Counts tests; the files in which some failed."""
    passed = re.findall(r"^# pass (\d+)", output, re.M)
    failed = re.findall(r"^# fail (\d+)", output, re.M)
    cancelled = re.findall(r"^# cancelled (\d+)", output, re.M)
    if not passed:
        part.check(False, f"node --test (exit code {code})")
        return []
    part.passed += int(passed[-1])
    for name in re.findall(r"^\s*ok \d+ - (.* # SKIP.*)", output, re.M):
        print(f"  {name}", flush=True)
    bad = int(failed[-1]) + int(cancelled[-1] if cancelled else 0)
    part.failed += bad
    files = set()
    for _, name, why in re.findall(r"^( *)not ok \d+ - ([^\n]*)\n\1  ---\n(.*?)^\1  \.\.\.$", output,
                                   re.M | re.S):
        files.update(re.findall(r"/[^\s:']+\.test\.mjs", name + "\n" + why)[:1])
        if "failureType: 'subtestsFailed'" not in why:
            print(f"  FAILED: {name}", flush=True)
            part.tell(why.splitlines()[:NODE_LINES])
    if code != 0 and bad == 0:
        part.check(False, f"node --test (exit code {code})")
    return sorted(files)


def script(part, env, *command):
    """A script that prints "ok …" and "not ok …" lines, and "# …" lines that are worth showing."""
    def attempt():
        code, output = part.run(*command, cwd=CONFORMANCE, limit=300, env=env)
        for line in re.findall(r"^# .*", output, re.M):
            print("  " + line[2:])
        return code, output, re.findall(r"^(?:ok|not ok) .*", output, re.M)

    before = part.failed
    code, output, lines = attempt()
    for line in lines:
        part.check(line.startswith("ok"), line)
    if code != 0 and part.failed == before:
        part.check(False, f"{command[1]} (exit code {code})")
    part.try_again(" ".join(command[1:]), before, output, lambda: attempt()[0] == 0)
