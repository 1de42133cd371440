import { newPrice, newProduct } from '../catalog.js';
import { listParams, page } from '../paging.js';
import { apiErrors } from '../api-error.js';
import type { Interval, Price, Product } from '../wire/catalog.js';
import type { Call, Route, SandboxContext } from '../context.js';

const productParams = [
  'id', 'name', 'active', 'description', 'metadata', 'default_price', 'default_price_data', 'images',
  'marketing_features', 'statement_descriptor', 'tax_code', 'unit_label', 'url',
]; // prettier-ignore
const priceParams = [
  'currency', 'unit_amount', 'unit_amount_decimal', 'product', 'product_data', 'recurring', 'lookup_key', 'metadata',
  'nickname', 'active', 'tax_behavior', 'transfer_lookup_key', 'billing_scheme',
]; // prettier-ignore

export function catalogRoutes(context: SandboxContext): Route[] {
  const { state } = context.store;
  const product = (id: string) => state.products[id] ?? notFound('product', id);
  const price = (id: string) => state.prices[id] ?? notFound('price', id);
  const listPrices = ({ params }: Call) =>
    page(Object.values(state.prices).filter(priceFilter(params)), params, '/v1/prices');
  const listProducts = ({ params }: Call) => {
    const active = params.bool('active');
    const ids = params.texts('ids');
    const isListed = (entry: Product) =>
      (active === null || entry.active === active) && (!ids.length || ids.includes(entry.id));
    return page(Object.values(state.products).filter(isListed), params, '/v1/products');
  };
  return [
    {
      method: 'POST',
      path: '/v1/products',
      params: productParams,
      handle: (call) => createProduct(context, call),
    },
    { method: 'GET', path: '/v1/products', params: [...listParams, 'active', 'ids'], handle: listProducts },
    { method: 'GET', path: '/v1/products/:id', params: [], handle: ({ id }) => product(id) },
    {
      method: 'POST',
      path: '/v1/products/:id',
      params: productParams,
      handle: ({ id, params }) => update(product(id), params),
    },
    { method: 'POST', path: '/v1/prices', params: priceParams, handle: (call) => createPrice(context, call) },
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

function notFound(kind: string, id: string): never {
  throw apiErrors.noSuch(kind, id);
}

function priceFilter(params: Call['params']): (price: Price) => boolean {
  const active = params.bool('active');
  const product = params.text('product');
  const keys = params.texts('lookup_keys');
  return (price) =>
    (active === null || price.active === active) &&
    (product === null || price.product === product) &&
    (keys.length === 0 || keys.includes(price.lookup_key ?? ''));
}

function update<T extends Product | Price>(object: T, params: Call['params']): T {
  object.active = params.bool('active') ?? object.active;
  object.metadata = params.metadata(object.metadata);
  for (const key of ['name', 'description', 'nickname', 'lookup_key', 'default_price']) {
    if (params.has(key)) Object.assign(object, { [key]: params.text(key) });
  }
  return object;
}

function createProduct(context: SandboxContext, { params, cause }: Call): Product {
  const name = params.required('name');
  const id = params.text('id') ?? undefined;
  if (id && context.store.state.products[id])
    throw apiErrors.invalid('Product already exists.', 'id', 'resource_already_exists');
  const product = newProduct({
    ...(id && { id }),
    name,
    description: params.text('description'),
    metadata: params.metadata(),
  });
  context.store.state.products[product.id] = product;
  context.events.emit('product.created', product, cause);
  return product;
}

function createPrice(context: SandboxContext, { params, cause }: Call): Price {
  const { state } = context.store;
  const product = params.required('product');
  if (!state.products[product]) throw apiErrors.noSuchParam('product', product, 'product');
  const lookupKey = params.text('lookup_key');
  if (lookupKey) assignLookupKey(context, lookupKey, params.bool('transfer_lookup_key') ?? false);
  const recurring = params.group('recurring');
  const price = newPrice({
    product,
    currency: params.required('currency'),
    amount: params.int('unit_amount') ?? missingAmount(),
    interval: params.has('recurring') ? (recurring.required('interval') as Interval) : null,
    count: recurring.int('interval_count') ?? 1,
    lookupKey,
    nickname: params.text('nickname'),
    metadata: params.metadata(),
  });
  state.prices[price.id] = price;
  context.events.emit('price.created', price, cause);
  return price;
}

function missingAmount(): never {
  throw apiErrors.missing('unit_amount');
}

/** A lookup key belongs to one price; it moves to another one only with `transfer_lookup_key`. */
function assignLookupKey(context: SandboxContext, key: string, transfer: boolean): void {
  const holder = Object.values(context.store.state.prices).find((price) => price.lookup_key === key);
  if (holder && !transfer) {
    throw apiErrors.invalid(
      `A price already uses the lookup key ${key}.`,
      'lookup_key',
      'resource_already_exists',
    );
  }
  if (holder) holder.lookup_key = null;
}
