// Holds templates of CloudFormation against cdk-nag's AwsSolutions rules. What comes in is a folder with *.template.json, as cdk synth
// writes it; what goes out is one line a finding that no resource explains in its metadata (infra/excuse.go), and exit code 1 if there
// is any. It changes nothing, and asks AWS nothing.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { App, Stack, Validations, DefaultStackSynthesizer } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
const { AwsSolutionsChecks } = require('cdk-nag');

const folder = process.argv[2];
const files = folder ? fs.readdirSync(folder).filter((f) => f.endsWith('.template.json')).sort() : [];
if (files.length === 0) {
  console.error(`check: no *.template.json in ${folder ?? '(no folder given)'}`);
  process.exit(2);
}

const templates = new Map();
const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'mirrorwatch-nag-'));
process.on('exit', () => fs.rmSync(outdir, { recursive: true, force: true }));
const report = path.join(outdir, 'validation-report.json');
const app = new App({ outdir, analyticsReporting: false });
for (const file of files) {
  const name = file.replace('.template.json', '');
  const whole = JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'));
  templates.set(name, whole);
  // Without the rule that every stack of the CDK has, and its parameter: they would be there twice.
  const stack = new Stack(app, name, { synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }) });
  delete whole.Rules;
  delete whole.Parameters?.BootstrapVersion;
  const copy = path.join(outdir, file);
  fs.writeFileSync(copy, JSON.stringify(whole));
  new CfnInclude(stack, 'T', { templateFile: copy });
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const said = [];
const { log, error, warn } = console;
console.log = console.error = console.warn = (...words) => said.push(words.join(' ')); // the plugin's own report has every finding, explained or not
try {
  app.synth();
} catch (e) {
  said.push(String(e.message));
}
Object.assign(console, { log, error, warn });
if (!fs.existsSync(report)) {
  console.error(`check: the rules did not run\n${said.join('\n')}`);
  process.exit(2);
}

const findings = [];
let explained = 0;
for (const plugin of JSON.parse(fs.readFileSync(report, 'utf8')).pluginReports) {
  for (const violation of plugin.violations) {
    for (const { constructPath } of violation.violatingConstructs) {
      const [stack, , id] = constructPath.split('/');
      const resource = templates.get(stack)?.Resources[id];
      const rule = violation.ruleName.split('[')[0];
      const excuses = resource?.Metadata?.cdk_nag?.rules_to_suppress ?? [];
      if (excuses.some((e) => e.id === rule && e.reason?.length >= 10)) {
        explained++;
      } else {
        findings.push(`${stack}: ${id} (${resource?.Type ?? 'unknown'}): ${violation.ruleName}: ${violation.description}`);
      }
    }
  }
}
for (const f of [...new Set(findings)].sort()) {
  console.log(f);
}
console.log(`check: ${files.length} templates, ${findings.length} findings unexplained, ${explained} explained in the templates`);
process.exit(findings.length > 0 ? 1 : 0);
