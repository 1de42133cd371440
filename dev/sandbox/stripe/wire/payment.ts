import type { WireObject } from './object.js';

export interface PaymentIntent extends WireObject {
  object: 'payment_intent';
  amount: number;
  currency: string;
  customer: string;
  latest_charge: string;
  status: 'succeeded';
}

export interface Charge extends WireObject {
  object: 'charge';
  amount: number;
  amount_refunded: number;
  currency: string;
  customer: string;
  disputed: boolean;
  paid: true;
  payment_intent: string;
  refunded: boolean;
  status: 'succeeded';
}

export interface InvoicePayment extends WireObject {
  object: 'invoice_payment';
  amount_paid: number;
  amount_requested: number;
  currency: string;
  invoice: string;
  is_default: true;
  payment: { type: 'payment_intent'; payment_intent: string };
  status: 'paid';
}

export interface Refund extends WireObject {
  object: 'refund';
  amount: number;
  charge: string;
  currency: string;
  payment_intent: string;
  reason: null;
  status: 'succeeded' | 'failed';
}

export interface Dispute extends WireObject {
  object: 'dispute';
  amount: number;
  charge: string;
  currency: string;
  payment_intent: string;
  reason: 'fraudulent';
  status: 'needs_response' | 'under_review' | 'won' | 'lost';
}
