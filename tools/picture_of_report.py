"""Take a picture of a report as a browser shows it: render the default project, train it, open its report in Chromium.

picture_of_report.py    writes docs/pictures/report.png
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import copier

REPOSITORY = Path(__file__).resolve().parents[1]
PICTURE = REPOSITORY / "docs" / "pictures" / "report.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZE = "1180,1030"  # pixels; down to the confusion matrix


def main() -> int:
    """Write the picture; say what is missing where it cannot be taken."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        print(f"there is no browser on PATH; accepted: one of {', '.join(BROWSERS)}", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        project = Path(folder, "tumour-model")
        copier.run_copy(str(REPOSITORY), project, vcs_ref="HEAD", defaults=True, quiet=True)
        subprocess.run([project / "scripts/local_run/train.sh"], check=True)
        report = project / "opt_ml/tumour_model/output/data/report.html"
        options = [
            "--headless",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--window-size={SIZE}",
            f"--screenshot={PICTURE}",
        ]
        # Chromium's sandbox does not start for root
        subprocess.run([browser, "--no-sandbox", *options, report.as_uri()], check=True, stderr=subprocess.DEVNULL)
    print(PICTURE.relative_to(REPOSITORY))
    return 0


if __name__ == "__main__":
    sys.exit(main())
