"""Every differentiable operation, each written once; the public names are the modules' ``__all__``."""

from .activation import *
from .columns import *
from .conv import *
from .deform import *
from .distance import *
from .dropout import *
from .elementwise import *
from .embedding import *
from .indexing import *
from .indexing import one_hot
from .linalg import *
from .linalg import linear
from .loss import *
from .magnitude import *
from .norm import *
from .piecewise import *
from .pixel import *
from .pool import *
from .reduction import *
from .resize import *
from .shape import *
from .shape import pad
from .smooth import *
from .unary import *
from .upsample import *
