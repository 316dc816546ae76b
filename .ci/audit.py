"""Ask whether a locked package has a known hole, where the advisories can be reached; say so where they cannot.

Exit 1 where there is one. What could not be asked is told, and never taken for an answer.
"""

import json
import subprocess
import sys

PATIENCE = 300


def answer(lock: str) -> str | None:
    """Return what pip-audit says of *lock* as JSON, or None where it says nothing."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--require-hashes", "--disable-pip"]
    try:
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.stdout.lstrip().startswith("{") else None


def verdict(said: str | None) -> tuple[int, str]:
    """Return the exit code and the sentence for what pip-audit says."""
    packages = json.loads(said)["dependencies"] if said else []
    asked = [package for package in packages if "skip_reason" not in package]
    holes = [
        f"{package['name']} {package['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version'}"
        for package in asked
        for hole in package["vulns"]
    ]
    if holes:
        return 1, "\n".join(["pip-audit: known holes in locked packages:", *holes])
    if not asked:
        return 0, "pip-audit: the advisories could not be reached from here: NOT audited"
    left = len(packages) - len(asked)
    return 0, f"pip-audit: no known hole in {len(asked)} of {len(packages)} packages" + (
        f"; {left} NOT audited" if left else ""
    )


if __name__ == "__main__":
    code, sentence = verdict(answer(sys.argv[1]))
    print(sentence)
    sys.exit(code)
