// SPDX-License-Identifier: Apache-2.0
// Every element and parameter that an adapters.xml with remote adapters may have: its name, what has
// it (the set, a Metadata Adapter, a Data Adapter), a value, and what it needs beside it.
const kBoth = ['metadata', 'data'];
const param = (name, value) => `<param name="${name}">${value}</param>`;
// server.p12 and ca.p12 are there.
const store = (kind, ...left) =>
  [['type', 'PKCS12'], [`${kind}_file`, kind === 'keystore' ? 'server.p12' : 'ca.p12'], [`${kind}_password`, 'secret']]
    .filter(([name]) => !left.includes(name)).map(([name, value]) => param(`tls.${kind}.${name}`, value)).join('');
const kKeystore = store('keystore');
const kTls = param('tls', 'Y') + kKeystore;
const kHost = param('remote_host', '127.0.0.1');
const kPool = '<max_size>10</max_size>';

export const kParameters = [
  ['<adapter_class>', kBoth, 'ROBUST_PROXY_FOR_REMOTE_ADAPTER'],
  ['<classloader>', kBoth, 'log-enabled'],
  ['<install_dir>', kBoth, '.'],
  ['<metadata_adapter_initialised_first>', ['set'], 'Y'],
  ['<adapter_set_pool>', ['set'], kPool],
  ['<authentication_pool>', ['metadata'], kPool],
  ['<messages_pool>', ['metadata'], kPool],
  ['<mpn_pool>', ['metadata'], kPool],
  ['<data_adapter_pool>', ['data'], kPool],
  ['<sequentialize_table_notifications>', ['metadata'], 'Y'],
  ['<exit_on_failure>', kBoth, 'N'],
  ['<support_TLCP26_subscriptions>', ['metadata'], 'Y'],
  ['request_reply_port', kBoth, '6665'],
  ['notify_port', ['data'], '6662'],
  ['remote_host', kBoth, '127.0.0.1'],
  ['connection_retry_millis', kBoth, '10000', kHost],
  ['interface', kBoth, '127.0.0.1'],
  ['remote_address_whitelist', kBoth, '127.0.0.1'],
  ['name', kBoth, 'QUOTES'],
  ['timeout', kBoth, '10000'],
  ['keepalive_timeout_millis', kBoth, '8000'],
  ['keepalive_hint_millis', kBoth, '6000'],
  ['remote_params_prefix', kBoth, 'remote:', param('remote:feed', 'nasdaq')],
  ['auth', kBoth, 'Y', param('auth.credentials.1.user', 'u') + param('auth.credentials.1.password', 'p')],
  ['auth.credentials.1.user', kBoth, 'u', param('auth', 'Y') + param('auth.credentials.1.password', 'p')],
  ['auth.credentials.1.password', kBoth, 'p', param('auth', 'Y') + param('auth.credentials.1.user', 'u')],
  ['tls', kBoth, 'Y', kKeystore],
  ['tls.keystore.type', kBoth, 'PKCS12', param('tls', 'Y') + store('keystore', 'type')],
  ['tls.keystore.keystore_file', kBoth, 'server.p12', param('tls', 'Y') + store('keystore', 'keystore_file')],
  ['tls.keystore.keystore_password.type', kBoth, 'text', kTls],
  ['tls.keystore.keystore_password', kBoth, 'secret', param('tls', 'Y') + store('keystore', 'keystore_password')],
  ['tls.allow_cipher_suite.1', kBoth, 'TLS_AES_128_GCM_SHA256', kTls],
  ['tls.remove_cipher_suites.1', kBoth, '_DHE_', kTls],
  ['tls.enforce_server_cipher_suite_preference', kBoth, 'Y', kTls],
  ['tls.enforce_server_cipher_suite_preference.order', kBoth, 'JVM', kTls],
  ['tls.allow_protocol.1', kBoth, 'TLSv1.2', kTls],
  ['tls.remove_protocols.1', kBoth, 'TLSv1$', kTls],
  ['tls.force_client_auth', kBoth, 'N', kTls],
  ['tls.truststore.type', kBoth, 'PKCS12', kTls + param('tls.force_client_auth', 'Y') + store('truststore', 'type')],
  ['tls.truststore.truststore_file', kBoth, 'ca.p12', kTls + param('tls.force_client_auth', 'Y') + store('truststore', 'truststore_file')],
  ['tls.truststore.truststore_password.type', kBoth, 'text', kTls + param('tls.force_client_auth', 'Y') + store('truststore')],
  ['tls.truststore.truststore_password', kBoth, 'secret', kTls + param('tls.force_client_auth', 'Y') + store('truststore', 'truststore_password')],
  ['tls.skip_hostname_check', kBoth, 'N', param('tls', 'Y') + kHost],
  ['first_connection_timeout_millis', kBoth, '0'],
  ['connection_recovery_timeout_millis', kBoth, '10000'],
  ['max_standby', kBoth, '1'], // of this server only
  ['close_notifications_recovery', ['metadata'], 'pessimistic'],
  ['notify_user_on_disconnection', ['metadata'], 'force_retry'],
  ['notify_user_disconnection_code', ['metadata'], '-1'],
  ['notify_user_disconnection_msg', ['metadata'], 'Back soon', param('notify_user_disconnection_code', '-1')],
  ['events_recovery', ['data'], 'enforce_snapshot'],
  ['status_item', ['data'], 'STATUS'],
  ['clear_on_session_close', ['metadata'], 'true'],
  ['user_data_timeout', ['metadata'], '10000'],
  ['clear_on_new_remote', ['metadata'], 'false'],
];
