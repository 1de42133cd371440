import type { Route, World } from '../world.js';
import { catalogRoutes } from './catalog.js';
import { checkoutSessionRoutes } from './checkout-sessions.js';
import { customerRoutes } from './customers.js';
import { eventRoutes } from './events.js';
import { invoiceRoutes } from './invoices.js';
import { portalRoutes } from './portal.js';
import { subscriptionRoutes } from './subscriptions.js';

export function apiRoutes(world: World): Route[] {
  return [
    ...customerRoutes(world),
    ...catalogRoutes(world),
    ...checkoutSessionRoutes(world),
    ...subscriptionRoutes(world),
    ...invoiceRoutes(world),
    ...portalRoutes(world),
    ...eventRoutes(world),
  ];
}
