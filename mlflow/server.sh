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

case " $* " in *basic-auth*)
    if [ -z "${MLFLOW_FLASK_SERVER_SECRET_KEY:-}" ] || [ -z "${MLFLOW_AUTH_ADMIN_PASSWORD:-}" ]; then
        echo "For basic-auth set MLFLOW_FLASK_SERVER_SECRET_KEY (any long random text) and" \
            "MLFLOW_AUTH_ADMIN_PASSWORD (12 characters or more), and: pip install 'mlflow[auth]'." >&2
        exit 2
    fi
    # Users and permissions lie beside the runs, not in the folder the server is started from.
    if [ -z "${MLFLOW_AUTH_CONFIG_PATH:-}" ]; then
        MLFLOW_AUTH_CONFIG_PATH=$store/basic_auth.ini
        export MLFLOW_AUTH_CONFIG_PATH
        [ -f "$MLFLOW_AUTH_CONFIG_PATH" ] || sed "s|sqlite:///.*|sqlite:///$store/users.db|" \
            "$("$python" -c 'import importlib.util as u; print(u.find_spec("mlflow").origin)' |
                sed 's|__init__.py|server/auth/basic_auth.ini|')" >"$MLFLOW_AUTH_CONFIG_PATH"
    fi
    ;;
esac

export MLFLOW_DISABLE_TELEMETRY="${MLFLOW_DISABLE_TELEMETRY:-true}"
cd "$store"
exec "$python" -m mlflow server \
    --backend-store-uri "sqlite:///$store/mlflow.db" \
    --artifacts-destination "$store/artifacts" \
    --serve-artifacts --workers 1 "$@"
