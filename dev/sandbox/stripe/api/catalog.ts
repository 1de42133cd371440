import { newPrice, newProduct } from '../catalog.js';
import { listParams, page } from '../paging.js';
import { refusals } from '../refusal.js';
import type { Interval, Price, Product } from '../wire.js';
import type { Call, Route, World } from '../world.js';

const productParams = [
  'id', 'name', 'active', 'description', 'metadata', 'default_price', 'default_price_data', 'images',
  'marketing_features', 'statement_descriptor', 'tax_code', 'unit_label', 'url',
]; // prettier-ignore
const priceParams = [
  'currency', 'unit_amount', 'unit_amount_decimal', 'product', 'product_data', 'recurring', 'lookup_key', 'metadata',
  'nickname', 'active', 'tax_behavior', 'transfer_lookup_key', 'billing_scheme',
]; // prettier-ignore

export function catalogRoutes(world: World): Route[] {
  const { state } = world.store;
  const product = (id: string) => state.products[id] ?? refuse('product', id);
  const price = (id: string) => state.prices[id] ?? refuse('price', id);
  const listPrices = ({ params }: Call) =>
    page(Object.values(state.prices).filter(priceFilter(params)), params, '/v1/prices');
  const listProducts = ({ params }: Call) => {
    const active = params.flag('active');
    const ids = params.texts('ids');
    const fits = (entry: Product) =>
      (active === null || entry.active === active) && (!ids.length || ids.includes(entry.id));
    return page(Object.values(state.products).filter(fits), params, '/v1/products');
  };
  return [
    {
      method: 'POST',
      path: '/v1/products',
      params: productParams,
      handle: (call) => createProduct(world, call),
    },
    { method: 'GET', path: '/v1/products', params: [...listParams, 'active', 'ids'], handle: listProducts },
    { method: 'GET', path: '/v1/products/:id', params: [], handle: ({ id }) => product(id) },
    {
      method: 'POST',
      path: '/v1/products/:id',
      params: productParams,
      handle: ({ id, params }) => update(product(id), params),
    },
    { method: 'POST', path: '/v1/prices', params: priceParams, handle: (call) => createPrice(world, call) },
    {
      method: 'GET',
      path: '/v1/prices',
      params: [...listParams, 'active', 'product', 'lookup_keys', 'type'],
      handle: listPrices,
    },
    { method: 'GET', path: '/v1/prices/:id', params: [], handle: ({ id }) => price(id) },
    {
      method: 'POST',
      path: '/v1/prices/:id',
      params: priceParams,
      handle: ({ id, params }) => update(price(id), params),
    },
  ];
}

function refuse(kind: string, id: string): never {
  throw refusals.noSuch(kind, id);
}

function priceFilter(params: Call['params']): (price: Price) => boolean {
  const active = params.flag('active');
  const product = params.text('product');
  const keys = params.texts('lookup_keys');
  return (price) =>
    (active === null || price.active === active) &&
    (product === null || price.product === product) &&
    (keys.length === 0 || keys.includes(price.lookup_key ?? ''));
}

function update<T extends Product | Price>(object: T, params: Call['params']): T {
  object.active = params.flag('active') ?? object.active;
  object.metadata = params.metadata(object.metadata);
  for (const key of ['name', 'description', 'nickname', 'lookup_key', 'default_price']) {
    if (params.has(key)) Object.assign(object, { [key]: params.text(key) });
  }
  return object;
}

function createProduct(world: World, { params, cause }: Call): Product {
  const name = params.required('name');
  const id = params.text('id') ?? undefined;
  if (id && world.store.state.products[id])
    throw refusals.invalid('Product already exists.', 'id', 'resource_already_exists');
  const product = newProduct({
    ...(id && { id }),
    name,
    description: params.text('description'),
    metadata: params.metadata(),
  });
  world.store.state.products[product.id] = product;
  world.events.emit('product.created', product, cause);
  return product;
}

function createPrice(world: World, { params, cause }: Call): Price {
  const { state } = world.store;
  const product = params.required('product');
  if (!state.products[product]) throw refusals.noSuchParam('product', product, 'product');
  const lookupKey = params.text('lookup_key');
  if (lookupKey) claimLookupKey(world, lookupKey, params.flag('transfer_lookup_key') ?? false);
  const recurring = params.group('recurring');
  const price = newPrice({
    product,
    currency: params.required('currency'),
    amount: params.whole('unit_amount') ?? refuseAmount(),
    interval: params.has('recurring') ? (recurring.required('interval') as Interval) : null,
    count: recurring.whole('interval_count') ?? 1,
    lookupKey,
    nickname: params.text('nickname'),
    metadata: params.metadata(),
  });
  state.prices[price.id] = price;
  world.events.emit('price.created', price, cause);
  return price;
}

function refuseAmount(): never {
  throw refusals.missing('unit_amount');
}

/** A lookup key names one price: another takes it over only when that is asked for. */
function claimLookupKey(world: World, key: string, transfer: boolean): void {
  const holder = Object.values(world.store.state.prices).find((price) => price.lookup_key === key);
  if (holder && !transfer) {
    throw refusals.invalid(
      `A price already uses the lookup key ${key}.`,
      'lookup_key',
      'resource_already_exists',
    );
  }
  if (holder) holder.lookup_key = null;
}
