"""`tayori init`: make stores and keys where they are missing."""

import os

import typer

from cli.show import Json, done
from tasks.support import settings_here
from tayori.office import Office, set_up, utc_now

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def init(*, as_json: Json = False) -> None:
    """保存先 (warehouse, vault, inbox) と鍵を用意する。あるものはそのまま残す。"""
    os.umask(0o077)
    settings = settings_here()
    set_up(settings, utc_now())
    office = Office(settings)
    made = {"home": settings.home.absolute(), "mode": settings.mode, "public_key": office.public_key_file.absolute()}
    done(f"用意しました: {made['home']} ({settings.mode})。証明書の公開鍵: {made['public_key']}", made, as_json=as_json)
