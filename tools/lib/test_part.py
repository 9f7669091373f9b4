# SPDX-License-Identifier: Apache-2.0
"""One part of tools/test in the making: its commands, its counts, its log."""
import os
import re
import signal
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOGS = os.path.join(ROOT, "build", "test")
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}
# What a sanitizer has found, and a program that crashed, is no accident of the clock, whether or not it
# happens again.
NO_ACCIDENT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|a sanitizer spoke|"
                         r"the server's end; its log|SEGFAULT|Subprocess aborted")


class Part:
    """Counts of tests, and what it takes to run a command."""

    def __init__(self, name):
        self.passed = 0
        self.failed = 0
        self.second_tries = []
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

    def try_again(self, what, failed_before, output, attempt):
        """Most tests here watch clocks, and whatever else the machine does can make them late. What has
        failed runs a second time, alone: then it has failed, or it has passed and its name is told.
        `failed_before` is the count before the first try, `output` what that one said."""
        if self.failed == failed_before or NO_ACCIDENT.search(output):
            return
        passed, failed = self.passed, self.failed
        print(f"  once more, alone: {what}", flush=True)
        good = attempt()
        self.passed, self.failed = passed, failed  # each test counts once
        if good:
            self.passed += failed - failed_before
            self.failed = failed_before
            self.second_tries.append(what)

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
            code = -1
            self._end(process)
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
        """The end of the log, unless it was told already why something failed."""
        if self.told:
            return
        with open(self.path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        print("  ----- the end of " + os.path.relpath(self.path, ROOT))
        print("\n".join("  " + line[:300] for line in lines[-60:]))
        print("  -----", flush=True)
