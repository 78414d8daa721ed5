"""What SageMaker starts in an image hears SIGTERM from its first line on, while its libraries are still imported."""

import os
import signal
import subprocess
import sys

import pytest

SLOW_IMPORT = """
import time
print("importing", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("pattern", ["from_scratch", "toolkit_on_own_image"])
@pytest.mark.parametrize(("word", "code"), [("train", 143), ("serve", 0)])
def test_sigterm_during_the_imports_ends_the_container(render, tmp_path, pattern, word, code):
    answers = {"pattern": pattern} | ({"web_framework": "toolkit"} if pattern != "from_scratch" else {})
    program = render(**answers).folder / "scripts" / "docker" / "container" / word
    (tmp_path / "sagemaker_contract").mkdir()
    (tmp_path / "sagemaker_contract" / "__init__.py").write_text(SLOW_IMPORT)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen([sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == code  # not that of a process ended by the signal itself, which cannot end process 1
