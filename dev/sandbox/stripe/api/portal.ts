import { wallTime } from '../clock.js';
import { makeId } from '../wire/object.js';
import { listParams, page } from '../paging.js';
import { apiErrors } from '../api-error.js';
import type { PortalConfiguration, PortalSession } from '../wire/billing-portal.js';
import type { Call, Route, SandboxContext } from '../context.js';
import { getCustomer } from './customers.js';

const configurationParams = [
  'business_profile', 'features', 'default_return_url', 'login_page', 'metadata', 'name', 'active',
]; // prettier-ignore
const sessionParams = ['customer', 'configuration', 'return_url', 'flow_data', 'locale', 'on_behalf_of'];

export function portalRoutes(context: SandboxContext): Route[] {
  const path = '/v1/billing_portal/configurations';
  const { state } = context.store;
  const get = (id: string) => {
    const found = state.portalConfigurations[id];
    if (!found) throw apiErrors.noSuch('configuration', id);
    return found;
  };
  const create = ({ params }: Call) => {
    if (!params.has('features')) throw apiErrors.missing('features');
    return addConfiguration(context, params);
  };
  const list = ({ params }: Call) => {
    const [active, isDefault] = [params.bool('active'), params.bool('is_default')];
    const isListed = (entry: PortalConfiguration) =>
      (active === null || entry.active === active) && (isDefault === null || entry.is_default === isDefault);
    return page(Object.values(state.portalConfigurations).filter(isListed), params, path);
  };
  return [
    { method: 'POST', path, params: configurationParams, handle: create },
    { method: 'GET', path, params: [...listParams, 'active', 'is_default'], handle: list },
    { method: 'GET', path: `${path}/:id`, params: [], handle: ({ id }) => get(id) },
    {
      method: 'POST',
      path: `${path}/:id`,
      params: configurationParams,
      handle: ({ id, params }) => update(get(id), params),
    },
    {
      method: 'POST',
      path: '/v1/billing_portal/sessions',
      params: sessionParams,
      handle: (call) => open(context, call),
    },
  ];
}

function addConfiguration(context: SandboxContext, params: Call['params']): PortalConfiguration {
  const { portalConfigurations } = context.store.state;
  const created: PortalConfiguration = {
    id: makeId('bpc_1'),
    object: 'billing_portal.configuration',
    created: wallTime(),
    livemode: false,
    active: true,
    application: null,
    business_profile: {},
    default_return_url: null,
    features: {},
    is_default: Object.keys(portalConfigurations).length === 0,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: wallTime(),
  };
  portalConfigurations[created.id] = update(created, params);
  return created;
}

function update(configuration: PortalConfiguration, params: Call['params']): PortalConfiguration {
  for (const key of ['business_profile', 'features'] as const) {
    if (params.has(key)) configuration[key] = { ...configuration[key], ...params.group(key).form };
  }
  for (const key of ['name', 'default_return_url'] as const) {
    if (params.has(key)) configuration[key] = params.text(key);
  }
  configuration.active = params.bool('active') ?? configuration.active;
  configuration.metadata = params.metadata(configuration.metadata);
  configuration.updated = wallTime();
  return configuration;
}

/** Without a configuration the default one is used, which the sandbox creates when there is none. */
function open(context: SandboxContext, { params }: Call): PortalSession {
  const customer = getCustomer(context, params.required('customer'), 'customer');
  const { portalConfigurations, portalSessions } = context.store.state;
  const requested = params.text('configuration');
  if (requested && !portalConfigurations[requested])
    throw apiErrors.noSuchParam('configuration', requested, 'configuration');
  const standard = Object.values(portalConfigurations).find((entry) => entry.is_default);
  const configuration = requested ?? (standard ?? addConfiguration(context, params.group('none'))).id;
  const id = makeId('bps_1');
  const secret = makeId('test_', 32);
  portalSessions[id] = {
    id,
    object: 'billing_portal.session',
    created: wallTime(),
    livemode: false,
    configuration,
    customer: customer.id,
    flow: null,
    locale: null,
    on_behalf_of: null,
    return_url: params.text('return_url'),
    url: `${context.publicUrl()}/p/session/${secret}`,
  };
  return portalSessions[id];
}
