"""Turn a pickle checkpoint into a safetensors folder, as a job."""

from __future__ import annotations

import streamlit as st

from dashboard import actions, services
from dashboard.components.act_button import act_submit
from dashboard.components.empty_state import notice
from dashboard.requests import convert_argv
from dashboard.text import say


def convert_form() -> None:
    """Draw the form; a valid one becomes a job."""
    with st.form("kenshin_convert", border=False, enter_to_submit=False):
        st.caption(
            say(
                "For `.bin` files, bare state dicts and CodeXGLUE or CodeT5 layouts. The file is "
                "scanned first and read in a limited subprocess; nothing in it is run."
            )
        )
        one, two, three = st.columns(3)
        checkpoint = one.text_input(
            say("Checkpoint"), placeholder=say("path of model.bin or its folder")
        )
        base = two.text_input(
            say("Base folder (optional)"), placeholder=say("with config and tokenizer")
        )
        out = three.text_input(say("New folder"), placeholder=say("where the safetensors go"))
        if not act_submit(say("Convert"), icon=":material/transform:"):
            return
    with services.problems():
        actions.start_job(convert_argv(checkpoint, base, out))
        notice(say("The conversion has started; its progress is under Jobs."))
        st.rerun()
