"""Imports Gradio when it is needed, told to report nothing to anybody."""

import os
import types

from stargan_tf.base import errors


def imported() -> types.ModuleType:
    """Returns the module gradio; raises a UserError that names the extra where it is missing."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # it is read on import
    try:
        import gradio
    except ImportError as error:
        raise errors.UserError(
            f"The demo needs the package gradio, which could not be imported ({error}); install it "
            f"with: {errors.install_command('demo')}"
        ) from error
    return gradio
