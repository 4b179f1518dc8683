#!/usr/bin/env bash
# Prepara a imagem do Gradescope: executado uma vez, quando se envia o zip.
set -e
apt-get update -q
apt-get install -y -q --no-install-recommends python3 python3-pip python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install -q "parimpar[avaliador]"
