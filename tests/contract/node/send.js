// Sends the calls of standard input (one JSON object a line) through an unmodified SDK: node send.js SDK HOST WRITE_KEY
'use strict';
const [sdk, host, writeKey] = process.argv.slice(2);
const calls = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean).map(JSON.parse);

function message(call) {
  const all = {
    userId: call.user, anonymousId: call.anonymous, groupId: call.group, previousId: call.previous,
    timestamp: new Date(call.at),
  };
  if (call.kind === 'track') Object.assign(all, { event: call.name, properties: call.properties });
  if (call.kind === 'page' || call.kind === 'screen') Object.assign(all, { name: call.name, properties: call.properties });
  if (call.kind === 'identify' || call.kind === 'group') all.traits = call.traits;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));
}

async function segment() {
  const { Analytics } = require('@segment/analytics-node');
  const analytics = new Analytics({ writeKey, host, flushAt: 50, flushInterval: 500, maxRetries: 10 });
  const errors = [];
  analytics.on('error', (error) => errors.push(String(error.reason || error.code || error)));
  for (const call of calls) analytics[call.kind](message(call));
  await analytics.closeAndFlush({ timeout: 60000 });
  return errors;
}

async function rudder() {
  const Analytics = require('@rudderstack/rudder-sdk-node');
  const errors = [];
  const client = new Analytics(writeKey, {
    dataPlaneUrl: host, flushAt: 50, retryCount: 8, logLevel: 'error', errorHandler: (error) => errors.push(String(error)),
  });
  client.logger.error = () => {}; // it reports every retry
  const done = calls.map((call) => new Promise((resolve) => client[call.kind](message(call), resolve)));
  while (client.queue.length) await client.flush();
  await Promise.all(done);
  return errors;
}

({ segment, rudder })[sdk]().then((errors) => {
  if (errors.length) {
    console.error(errors.join('\n'));
    process.exitCode = 1;
  }
});
