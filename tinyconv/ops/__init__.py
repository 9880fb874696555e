"""Every differentiable operation, each written once; the public names are the modules' ``__all__``."""

from .activation import *
from .columns import *
from .conv import *
from .deform import *
from .dropout import *
from .elementwise import *
from .indexing import *
from .indexing import one_hot
from .linalg import *
from .linalg import linear
from .loss import *
from .norm import *
from .pool import *
from .reduction import *
from .shape import *
from .shape import pad
from .unary import *
from .upsample import *
