"""The program that the toolkit starts: the training job, which leaves its cause of failure to process 1."""

import os
import shutil
import sys

from sagemaker_contract.paths import OptMl
from sagemaker_contract.training.__main__ import main

code = main()
failure = OptMl.from_environment().output / "failure"
if failure.exists():  # moved out of the way of the toolkit's own, which has the exit code in it
    shutil.move(failure, os.environ["SAGEMAKER_CONTRACT_CAUSE"])
sys.exit(code)
