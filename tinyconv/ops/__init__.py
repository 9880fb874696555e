"""Every differentiable operation, each written once; the public names are the modules' ``__all__``."""

from .activation import *
from .conv import *
from .deform import *
from .dropout import *
from .elementwise import *
from .indexing import *
from .linalg import *
from .loss import *
from .norm import *
from .pool import *
from .reduction import *
from .shape import *
from .shape import pad
from .unary import *
from .upsample import *
