"""Teaches one encoder in a process of `accelerate launch`: `-m` this module, and a job in JSON."""

import json
import os
import sys
from pathlib import Path

from distilproof.distil.thread_limits import limited
from distilproof.distil.trainers.encoder_job import job_from_json
from distilproof.distil.trainers.encoder_start import libraries
from distilproof.distil.trainers.lessons import read_lessons
from distilproof.distil.trainers.torch import teach_into
from distilproof.distil.whole_file import write_whole
from distilproof.errors import DistilproofError


def main(path: str) -> None:
    """Teach the student of a job; the first process saves it, and tells how it went.

    Parameters
    ----------
    path
        File with `job`, and `told`: the file to tell in, in the student's folder. A process that
        cannot go on tells there why, and ends.
    """
    said = json.loads(Path(path).read_bytes())
    job, told = job_from_json(said["job"]), Path(said["told"])
    libraries()
    try:
        with limited(job.threads):
            found = teach_into(job, told.parent, read_lessons(job))
    except DistilproofError as error:
        write_whole(told, json.dumps({"error": error.message, "hint": error.hint}).encode())
        sys.exit(error.message)
    if os.environ.get("RANK", "0") == "0":
        told.write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
