# Every target takes STACK=NAME, of stacks/Pulumi.NAME.yaml.
STACK ?= local
PYTHON ?= python3
BASE ?= origin/main
OPS = .venv/bin/python -m cyberhubs.ops
INSTALL_TOOLS = .venv/bin/python -m tests.support.install
# Tests mostly wait for others: more at once than there are cores.
WORKERS ?= 4
# What fails among thousands on a busy machine is run once more, with nothing beside it: who reads the log finds both, and
# what is broken fails again.
PYTEST = status=0; .venv/bin/pytest -n $(WORKERS) --no-loadscope-reorder $(SELECTED) || { \
	[ $$? = 1 ] && echo "What failed beside others, once more and alone:" && .venv/bin/pytest -n 0 --last-failed --maxfail 1 $(SELECTED); \
	} || status=$$?; $(PYTHON) -m install stop-engine; exit $$status

.DEFAULT_GOAL := help
.PHONY: help up preview changes down output password access register login publish pin rollback prune rename rotate import status logs metrics upgrade-check drift load tunnel host-key setup setup-program \
	setup-dev setup-test setup-test-all env scan test test-all test-unit docs bench rehearsal screenshot lint comment issue

help: ## this list
	@sed -n 's/\$$\$$/$$/; s/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 15
	@echo
	@echo "Pulumi's state is in ~/.cyberhubs/state, or where PULUMI_BACKEND_URL says, for a group: docs/explanation/state.md."

up: setup-program ## make the machine as the stack file says, and show how to log in
	@$(OPS) up --stack $(STACK) $(if $(REFRESH),--refresh)

preview: setup-program ## show what `up` would change, and what that means for people; REFRESH=1, MARKDOWN=file
	@$(OPS) preview --stack $(STACK) --markdown "$(MARKDOWN)" $(if $(REFRESH),--refresh)

changes: setup-program ## what this branch changes for people since BASE=, for every stack or STACK=; MARKDOWN=file
	@$(OPS) changes --base "$(BASE)" --stack "$(if $(filter command,$(firstword $(origin STACK))),$(STACK))" \
		--markdown "$(MARKDOWN)"

down: setup-program ## stop and remove everything but members' files and images
	@$(OPS) down --stack $(STACK)
	@$(PYTHON) -m install stop-engine

output: ## the stack's outputs as JSON
	@$(OPS) output --stack $(STACK)

password: ## the shared password of hubs with login `password`
	@$(OPS) password --stack $(STACK)

access: ## whether USER= may enter HUB=, and why
	@$(OPS) access --stack $(STACK) --hub "$(HUB)" --user "$(if $(filter command,$(firstword $(origin USER))),$(USER))"

register: setup-program ## what to type at GitHub for the OAuth app of HUB=; takes its id and secret
	@$(OPS) register --stack $(STACK) --hub "$(HUB)"

login: setup-program ## user and password of REGISTRY=, for images that it does not give to everybody
	@$(OPS) login --stack $(STACK) --registry "$(REGISTRY)"

publish: setup-program ## push the stack's images TO=registry.example.org/group; writes a lock file of digests
	@$(OPS) publish --stack $(STACK) --to "$(TO)"

pin: setup-program ## write the digests of images that the stack file names by a tag
	@$(OPS) pin --stack $(STACK)

rollback: setup-program ## members start again the image of APPLICATION= that they had before
	@$(OPS) rollback --stack $(STACK) --application "$(APPLICATION)"

prune: setup-program ## remove images that nothing needs, after saying which; YES=1
	@$(OPS) prune --stack $(STACK) --yes "$(YES)"

rename: ## FROM='s files are TO='s: for somebody of HUB= who has another name at GitHub
	@$(OPS) rename --stack $(STACK) --hub "$(HUB)" --old "$(FROM)" --new "$(TO)"

rotate: setup-program ## renew SECRET= (of HUB=), after saying what people notice of it; without SECRET, the list
	@$(OPS) rotate --stack $(STACK) --secret "$(SECRET)" --hub "$(HUB)"

import: ## a stack file, and a report, from the old Cyberhubs, TLJH or jupyterhub-deploy-docker in FROM=
	@$(PYTHON) -m install venv
	@$(OPS) import --folder "$(FROM)" --stack "$(if $(filter-out file,$(origin STACK)),$(STACK))"

status: ## what runs, how it is, and the room left
	@$(OPS) status --stack $(STACK)

logs: ## the last lines of each hub's containers; or of HUB=, of the server of USER= there; SINCE=2h
	@$(OPS) logs --stack $(STACK) --hub "$(HUB)" --user "$(if $(filter command,$(firstword $(origin USER))),$(USER))" \
		--since "$(SINCE)"

metrics: ## how a Prometheus reads the stack's figures: make -s metrics > FILE, which is then a secret
	@$(OPS) metrics --stack $(STACK)

upgrade-check: setup-program ## which images, packages and pins have newer versions, and what to type; changes nothing
	@$(PYTHON) -m install audit
	@$(OPS) upgrade-check --stack $(STACK)

drift: setup-program ## what is no longer as it was made, and since when; changes nothing. Also to MARKDOWN=file
	@$(OPS) drift --stack $(STACK) --markdown "$(MARKDOWN)"

load: ## a class of PEOPLE= comes at once to HUB=, works for SECONDS=, and goes: how many fit, and what gives first
	@$(OPS) load --stack $(STACK) --hub "$(HUB)" --people "$(or $(PEOPLE),40)" --application "$(APPLICATION)" \
		--seconds "$(or $(SECONDS),60)"

tunnel: ## the front door of a machine of kind ssh, brought to this one until Ctrl-C
	@$(OPS) tunnel --stack $(STACK)

host-key: setup-program ## the host keys that a machine presents, for its stack file
	@$(OPS) host-key --stack $(STACK)

setup: ## install what is missing for hubs on this machine; `make up` does it too
	@$(PYTHON) -m install

setup-program:
	@$(PYTHON) -m install venv pulumi plugins

scan: ## secrets in plain text, in stack files and in git's history
	@$(PYTHON) -m install venv gitleaks
	@.venv/bin/python -m cyberhubs.scan

env: ## for plain pulumi: eval "$$(make -s env)"
	@$(PYTHON) -m install env

test: SELECTED = $(or $(TESTS),-m "not slow")
test: setup-test ## what a change should pass, in minutes; or TESTS=path, all of a part
	@$(PYTEST)

test-all: setup-test setup-test-all ## everything, with what waits, breaks, or takes a cloud: one to two hours on two cores
	@$(PYTEST)

test-unit: setup-dev ## the tests that need no Docker, in seconds
	@.venv/bin/pytest -n 2 --no-loadscope-reorder tests/unit hub/tests

docs: setup-dev ## the documentation as a site, in site/
	@.venv/bin/mkdocs build --strict --quiet
	@echo "Open site/index.html."

bench: setup-test ## the figures: updates, starts, memory, the front door
	@$(INSTALL_TOOLS) load
	@.venv/bin/python -m benchmarks

rehearsal: setup-test ## a stack in a real OpenStack on a real guest, as root; writes docs/explanation/rehearsal.md
	@.venv/bin/python -m tests.lab.rehearsal

screenshot: setup-test ## the README's picture, taken by the browser test
	@mkdir -p docs
	@CYBERHUBS_PICTURE=docs/jupyterlab.png .venv/bin/pytest tests/live/test_notebook.py

comment: ## for workflows: what a run has uploaded of OF=, as the one comment at its pull request
	@$(PYTHON) -m cyberhubs.workflows comment "$(OF)"

issue: ## for workflows: one issue for as long as a report of `make drift`, in REPORTS=, of any of STACKS= has found some
	@$(PYTHON) -m cyberhubs.workflows issue "$(REPORTS)" $(STACKS)

lint: setup-dev ## ruff, pyright, shellcheck, actionlint
	@$(INSTALL_TOOLS) actionlint
	@! git grep --cached --line-number encryptionsalt -- stacks/Pulumi.local.yaml || \
		{ echo "The default stack is everybody's: leave your encryptionsalt out of the commit."; exit 1; }
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/pyright
	@git ls-files '*.sh' .ci/run | xargs .venv/bin/shellcheck --shell=bash
	@.venv/bin/python -m tests.support.install.actionlint

setup-dev:
	@$(PYTHON) -m install dev

setup-test: setup-dev
	@$(PYTHON) -m install pulumi plugins engine base caddy gitleaks
	@$(INSTALL_TOOLS) browser ssh acl

setup-test-all:
	@$(INSTALL_TOOLS) acme
	@.venv/bin/python -m tests.support.lab.prepare
