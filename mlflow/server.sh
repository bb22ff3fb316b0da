#!/bin/sh
# Starts an MLflow server that several people or machines share; see README.md beside this file.
#
#   mlflow/server.sh [--port 5000] [--host 0.0.0.0] [--app-name basic-auth] [more of `mlflow server`]
#
# Its runs live in mlflow/store/shared/ (SQLite and artifacts), apart from those of this clone:
# clients reach the artifacts through the server and need no access to its disk.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
store=${NOISEWISE_SHARED_STORE:-$root/mlflow/store/shared}
python=${PYTHON:-$root/.venv/bin/python}
[ -x "$python" ] || python=$(command -v python3)
mkdir -p "$store/artifacts"
store=$(cd "$store" && pwd)

case " $* " in *basic-auth*)
    if ! "$python" -c 'import flask_wtf' 2>/dev/null; then
        echo "For basic-auth first: $python -m pip install 'mlflow[auth]'." >&2
        exit 2
    fi
    if [ -z "${MLFLOW_FLASK_SERVER_SECRET_KEY:-}" ]; then
        echo "For basic-auth set MLFLOW_FLASK_SERVER_SECRET_KEY (any long random text; keep it)." >&2
        exit 2
    fi
    # Only the first start makes the administrator; later ones do without the password.
    password=${MLFLOW_AUTH_ADMIN_PASSWORD:-}
    if [ ! -f "$store/users.db" ] && [ "${#password}" -lt 12 ]; then
        echo "For the first start with basic-auth set MLFLOW_AUTH_ADMIN_PASSWORD" \
            "(12 characters or more)." >&2
        exit 2
    fi
    umask 077 # the file of users holds what their passwords are checked with
    # Users and permissions lie beside the runs, not in the folder the server is started from.
    # Everybody with an account may write: with MLflow's own READ only whoever made an experiment
    # can record a run in it, and all runs of a kind share one experiment.
    if [ -z "${MLFLOW_AUTH_CONFIG_PATH:-}" ]; then
        MLFLOW_AUTH_CONFIG_PATH=$store/basic_auth.ini
        export MLFLOW_AUTH_CONFIG_PATH
        [ -f "$MLFLOW_AUTH_CONFIG_PATH" ] || sed \
            -e "s|sqlite:///.*|sqlite:///$store/users.db|" \
            -e "s|^default_permission = .*|default_permission = EDIT|" \
            "$("$python" -c 'import importlib.util as u; print(u.find_spec("mlflow").origin)' |
                sed 's|__init__.py|server/auth/basic_auth.ini|')" >"$MLFLOW_AUTH_CONFIG_PATH"
    fi
    ;;
esac

export MLFLOW_DISABLE_TELEMETRY="${MLFLOW_DISABLE_TELEMETRY:-true}"
# Workers for the judging of language models, which nothing here uses: eight processes.
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION="${MLFLOW_SERVER_ENABLE_JOB_EXECUTION:-false}"
cd "$store"
exec "$python" -m mlflow server \
    --backend-store-uri "sqlite:///$store/mlflow.db" \
    --artifacts-destination "$store/artifacts" \
    --serve-artifacts --workers 1 "$@"
