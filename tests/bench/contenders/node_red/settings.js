// Only the runtime: no editor, nothing that asks the network, logs of its start and of what went wrong.
module.exports = {
    uiHost: "127.0.0.1",
    uiPort: process.env.PORT,
    flowFile: "flows.json",
    credentialSecret: false,
    httpAdminRoot: false,
    telemetry: { enabled: false, updateNotification: false },
    externalModules: { autoInstall: false, palette: { allowInstall: false } },
    logging: { console: { level: "info", metrics: false, audit: false } },
};
