"""The data key that seals a listed model's files: KMS makes it, and it is kept as only KMS can read it."""

import base64
import json
from typing import Any

from utils.aws.errors import explained
from utils.config_reader import ConfigError

from .listing import FOLDER

FILE = FOLDER / "data_key.json"


def make(kms: Any, key_id: str, project: str) -> None:
    """Have KMS make a data key, and keep it encrypted; nobody sees the key itself.

    Args:
        kms: boto3's client.
        key_id: of the KMS key that encrypts the data key.
        project: has to be named whenever the data key is decrypted.

    Raises:
        ConfigError: there is one already, or KMS refuses.
    """
    if FILE.exists():
        raise ConfigError(f"{FILE} is there already; accepted: none, for models sealed with it need it")
    context = {"project": project}
    with explained("KMS"):
        made = kms.generate_data_key_without_plaintext(KeyId=key_id, KeySpec="AES_256", EncryptionContext=context)
    kept = {
        "KeyId": made["KeyId"],
        "EncryptionContext": context,
        "CiphertextBlob": base64.b64encode(made["CiphertextBlob"]).decode(),
    }
    FILE.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


def open_(kms: Any) -> bytes:
    """Have KMS decrypt the data key.

    Raises:
        ConfigError: there is none, its file is damaged, or KMS refuses.
    """
    accepted = "the file as `scripts/marketplace.sh key` has made it"
    try:
        kept = json.loads(FILE.read_bytes())
        blob = base64.b64decode(kept["CiphertextBlob"], validate=True)
        asked = {"KeyId": kept["KeyId"], "EncryptionContext": kept["EncryptionContext"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{FILE} cannot be read ({type(error).__name__}: {error}); accepted: {accepted}") from None
    with explained("KMS"):
        return kms.decrypt(CiphertextBlob=blob, **asked)["Plaintext"]
