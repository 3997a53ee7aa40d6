"""Names for the arrays that the twin works on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int32]
Days = NDArray[np.int16]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Codes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Anything = NDArray[Any]

#: Where somebody is, as far as meeting others goes.
ORDINARY, COHORT, SINGLE, STANDBY, AWAY = range(5)
PLACES = 5
NEVER = 32_000
