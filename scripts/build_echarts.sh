#!/bin/sh
# Builds static/vendor/echarts-VERSION.min.js anew: Apache ECharts with the charts our pages draw, and nothing else.
# Needs Node 20 and npm. After another VERSION, change its name in templates/questions/_scripts.html too.
set -eu
VERSION=6.1.0
ESBUILD=0.28.2
target="$(cd "$(dirname "$0")/.." && pwd)/src/milepost/dashboard/static/vendor"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --loglevel=error "echarts@$VERSION" "esbuild@$ESBUILD"
cat > entry.js <<'JS'
import { init, use } from "echarts/core";
import { BarChart, LineChart, SankeyChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";
use([BarChart, LineChart, SankeyChart, AriaComponent, GridComponent, TooltipComponent, LabelLayout, CanvasRenderer]);
export { init };
JS
rm -f "$target"/echarts-*.min.js
npx esbuild entry.js --bundle --minify --format=iife --global-name=echarts --target=es2020 --legal-comments=none \
  --define:process.env.NODE_ENV='"production"' \
  --banner:js="/* Apache ECharts $VERSION, Apache License 2.0: echarts-LICENSE.txt. A build of scripts/build_echarts.sh. */" \
  --outfile="$target/echarts-$VERSION.min.js"
cat node_modules/echarts/LICENSE node_modules/echarts/NOTICE > "$target/echarts-LICENSE.txt"
