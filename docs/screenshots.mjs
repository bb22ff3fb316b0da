// Takes the pictures of the MLflow UI in docs/images, in headless Chromium: three of a diffusion run, or that of a table.
// Debian: apt-get install chromium; npm install --no-save playwright-core; `make ui` in another shell.
//   node docs/screenshots.mjs MLFLOW_RUN_ID [http://127.0.0.1:5000] [EXPERIMENT_ID] [table]
// Then make them small (256 colours): .venv/bin/python -c "from PIL import Image; import glob
//   [Image.open(f).convert('RGB').quantize(256).save(f, optimize=True) for f in glob.glob('docs/images/mlflow-*.png')]"
import { chromium } from 'playwright-core';

const [run, base = 'http://127.0.0.1:5000', experiment = '1', table] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: { width: 1200, height: 740 } });
page.setDefaultTimeout(40000);
const open = (path) => page.goto(`${base}/#/experiments/${experiment}/${path}`);
const save = (name) => page.screenshot({ path: `docs/images/mlflow-${name}.png` });
const search = (text) => page.getByPlaceholder('Search metric charts').fill(text);

await open('runs');
await page.getByText('Model training', { exact: true }).click(); // the UI starts with its GenAI menus
await page.getByRole('button', { name: 'Close' }).click(); // the assistant
await page.getByRole('button', { name: 'Toggle sidebar' }).click();
await page.waitForTimeout(2000);

if (table) {
  await page.setViewportSize({ width: 1200, height: 1100 });
  await open(`runs/${run}`);
  await page.getByText('Show more').click(); // the report
  await page.waitForTimeout(2000);
  await save('table');
  await browser.close();
  process.exit();
}

await open(`runs/${run}/model-metrics`);
await search('(loss|frechet|class_accuracy|recall)$');
await page.locator('.js-plotly-plot').first().waitFor();
await page.waitForTimeout(3000);
await page.setViewportSize({ width: 1200, height: 1060 }); // scores, and the curves below them
await page.waitForTimeout(2000);
await save('metrics');
await page.setViewportSize({ width: 1200, height: 740 });

await search('^image$');
await page.waitForTimeout(3000);
await page.getByTestId('experiment-view-compare-runs-card-menu').click();
await page.getByText('Configure').click();
await page.getByLabel('Show run parameters').click(); // else all parameters stand above the image
await page.getByText('Save changes').click();
await page.waitForTimeout(4000);
await page.locator('[data-component-id="fullscreen_button_chartcard"]').click();
await page.waitForTimeout(3000);
const thumb = await page.getByRole('slider').last().boundingBox();
const number = await page.locator('input[type=number]').last().boundingBox();
await page.mouse.click(number.x - 24, thumb.y + thumb.height / 2); // the last epoch with an image
await page.waitForTimeout(5000);
await save('images');

await open(`runs/${run}/artifacts`);
await page.getByText('samples', { exact: true }).click();
await page.getByText('grid', { exact: true }).click();
await page.getByText('grid.png', { exact: true }).click();
await page.waitForTimeout(5000);
// The address of the file on this machine is nobody's business.
await page.getByText('Path: ').evaluateAll((lines) => lines.forEach((line) => line.remove()));
await save('artifacts');
await browser.close();
