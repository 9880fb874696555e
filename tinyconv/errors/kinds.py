"""tinyconv's own types of exceptions; each is public where it is raised, such as ``tinyconv.onnx.NotSupported``."""

__all__ = ["GradcheckError", "NotExportable", "NotSupported"]


class GradcheckError(RuntimeError):
    """Analytic and numeric gradient differ.

    Examples
    --------
    >>> issubclass(GradcheckError, RuntimeError)
    True
    """


class NotSupported(ValueError):
    """The file asks for something that this package does not do; the text says what.

    Examples
    --------
    >>> raise NotSupported("loops")
    Traceback (most recent call last):
    ...
    tinyconv.errors.kinds.NotSupported: loops
    """


class NotExportable(ValueError):
    """The model does something that has no form in an ONNX file; the text says what.

    Examples
    --------
    >>> raise NotExportable("unfold")
    Traceback (most recent call last):
    ...
    tinyconv.errors.kinds.NotExportable: unfold
    """
