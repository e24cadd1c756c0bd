"""Names for the arrays that travel through the analysis, so that a signature says what is inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]
AnyArray = NDArray[Any]
