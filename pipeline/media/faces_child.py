"""Finds faces in small RGB frames; a warm process of its own, because OpenCV has no place in the worker's.

`python -I faces_child.py MODEL WIDTH HEIGHT`: frames on stdin, one JSON line of boxes per frame on stdout, and an empty
list once the model is loaded. Boxes are [left, top, width, height, confidence], shares of the picture.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

STRIDE = 4
LEAST_CONFIDENCE = 0.45
OVERLAP = 0.3


def boxes(outputs: Sequence[Any], width: int, height: int) -> list[list[float]]:
    """Decodes CenterFace's heat map, scale and offset (stride 4) and keeps the best of overlapping boxes."""
    heat, scale, offset = outputs[0][0, 0], outputs[1][0], outputs[2][0]
    rows, columns = np.where(heat > LEAST_CONFIDENCE)
    if len(rows) == 0:
        return []
    heights, widths = (np.exp(scale[axis, rows, columns]) * STRIDE for axis in (0, 1))
    top = (rows + offset[0, rows, columns] + 0.5) * STRIDE - heights / 2
    left = (columns + offset[1, rows, columns] + 0.5) * STRIDE - widths / 2
    found = np.column_stack((left, top, widths, heights))
    scores = heat[rows, columns].astype(float)
    kept = cv2.dnn.NMSBoxes(found.tolist(), scores.tolist(), LEAST_CONFIDENCE, OVERLAP)
    share = np.array([width, height, width, height])
    return [[*(round(float(side), 4) for side in found[i] / share), round(float(scores[i]), 3)] for i in kept]


def main() -> None:
    model, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromONNX(model)
    names = list(net.getUnconnectedOutLayersNames())
    sys.stdout.write("[]\n")
    sys.stdout.flush()
    size = width * height * 3
    while len(data := sys.stdin.buffer.read(size)) == size:
        frame = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        net.setInput(cv2.dnn.blobFromImage(frame, 1.0, (width, height)))
        sys.stdout.write(json.dumps(boxes(net.forward(names), width, height)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
