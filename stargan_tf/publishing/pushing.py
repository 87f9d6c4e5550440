"""Puts a published folder on the Hugging Face hub."""

import os
import pathlib
import re

from stargan_tf.base import errors
from stargan_tf.runs import hub


def check(repository: str) -> None:
    """Raises a UserError unless a repository can be named so, and somebody is logged in.

    Args:
      repository: "user/name".
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise errors.UserError(
            f"A repository on the hub is USER/NAME; received push={repository}; pass "
            "push=your-name/your-model."
        )
    library = hub.imported("Publishing on the hub")
    if not library.get_token():
        raise errors.UserError(
            "Nobody is logged in to the Hugging Face hub; get a token that may write at "
            "https://huggingface.co/settings/tokens, then: hf auth login"
        )


def push(folder: pathlib.Path, repository: str, *, private: bool = False) -> str:
    """Uploads all files of a folder in one commit; makes the repository if there is none.

    Files that only the repository has stay there, but for checkpoints and exports of earlier
    publications.

    Args:
      folder: The folder.
      repository: "user/name".
      private: Whether a new repository is seen by its owner only; an old one stays what it is.

    Returns:
      The address of its page.

    Raises:
      UserError: The hub can't be reached or refuses; the folder stays as it is.
    """
    library = hub.imported("Publishing on the hub")
    api = library.HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)
    with hub.explained(f"push={repository}", repository):
        made = api.create_repo(repository, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            commit_message="Publish a run of stargan-tf",
            delete_patterns=["checkpoints/*", "samples/*", "saved_model/*", "tflite/*"],
        )
    return str(made)
