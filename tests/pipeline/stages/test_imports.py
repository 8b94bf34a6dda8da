"""The worker's own process stays free of the models' libraries."""

import subprocess
import sys

from pipeline.inference.local import REPOSITORY


def test_the_workers_composition_loads_no_models_library() -> None:
    program = (
        "import sys, clipnet.cli.worker, pipeline.showcase.of_request\n"
        "print(sorted({'onnxruntime', 'ctranslate2', 'faster_whisper', 'cv2', 'av', 'yt_dlp'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
