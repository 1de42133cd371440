import { wallTime } from '../clock.js';
import { makeId } from '../ids.js';
import { listParams, page } from '../paging.js';
import { refusals } from '../refusal.js';
import type { PortalConfiguration, PortalSession } from '../wire.js';
import type { Call, Route, World } from '../world.js';
import { getCustomer } from './customers.js';

const configurationParams = [
  'business_profile', 'features', 'default_return_url', 'login_page', 'metadata', 'name', 'active',
]; // prettier-ignore
const sessionParams = ['customer', 'configuration', 'return_url', 'flow_data', 'locale', 'on_behalf_of'];

export function portalRoutes(world: World): Route[] {
  const path = '/v1/billing_portal/configurations';
  const { state } = world.store;
  const get = (id: string) => {
    const found = state.portalConfigurations[id];
    if (!found) throw refusals.noSuch('configuration', id);
    return found;
  };
  const create = ({ params }: Call) => {
    if (!params.has('features')) throw refusals.missing('features');
    return addConfiguration(world, params);
  };
  const list = ({ params }: Call) => {
    const [active, isDefault] = [params.flag('active'), params.flag('is_default')];
    const fits = (entry: PortalConfiguration) =>
      (active === null || entry.active === active) && (isDefault === null || entry.is_default === isDefault);
    return page(Object.values(state.portalConfigurations).filter(fits), params, path);
  };
  return [
    { method: 'POST', path, params: configurationParams, handle: create },
    { method: 'GET', path, params: [...listParams, 'active', 'is_default'], handle: list },
    { method: 'GET', path: `${path}/:id`, params: [], handle: ({ id }) => get(id) },
    {
      method: 'POST',
      path: `${path}/:id`,
      params: configurationParams,
      handle: ({ id, params }) => fill(get(id), params),
    },
    {
      method: 'POST',
      path: '/v1/billing_portal/sessions',
      params: sessionParams,
      handle: (call) => open(world, call),
    },
  ];
}

function addConfiguration(world: World, params: Call['params']): PortalConfiguration {
  const { portalConfigurations } = world.store.state;
  const made: PortalConfiguration = {
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
  portalConfigurations[made.id] = fill(made, params);
  return made;
}

function fill(configuration: PortalConfiguration, params: Call['params']): PortalConfiguration {
  for (const key of ['business_profile', 'features'] as const) {
    if (params.has(key)) configuration[key] = { ...configuration[key], ...params.group(key).form };
  }
  for (const key of ['name', 'default_return_url'] as const) {
    if (params.has(key)) configuration[key] = params.text(key);
  }
  configuration.active = params.flag('active') ?? configuration.active;
  configuration.metadata = params.metadata(configuration.metadata);
  configuration.updated = wallTime();
  return configuration;
}

/** Without a configuration the account's default is taken, which the sandbox makes at need. */
function open(world: World, { params }: Call): PortalSession {
  const customer = getCustomer(world, params.required('customer'), 'customer');
  const { portalConfigurations, portalSessions } = world.store.state;
  const asked = params.text('configuration');
  if (asked && !portalConfigurations[asked])
    throw refusals.noSuchParam('configuration', asked, 'configuration');
  const usual = Object.values(portalConfigurations).find((entry) => entry.is_default);
  const configuration = asked ?? (usual ?? addConfiguration(world, params.group('none'))).id;
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
    url: `${world.publicUrl()}/p/session/${secret}`,
  };
  return portalSessions[id];
}
