-- no-transaction
-- Built while the table is in use.
DROP INDEX CONCURRENTLY IF EXISTS "stripe_customer_stripe_checkout_id_key";
CREATE UNIQUE INDEX CONCURRENTLY "stripe_customer_stripe_checkout_id_key" ON "stripe_customer"("stripe_checkout_id");
